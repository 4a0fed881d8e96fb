import { createHash } from 'node:crypto';
import { partsOf } from '@plumbline/core';
import type { AlertRecord } from '../store/alert-row.ts';
import type { AlertControl } from './message.ts';
import type { Problem } from './problem.ts';
import type { RuleOn } from './rule-spec.ts';

const names: Readonly<Record<RuleOn, string>> = {
  regress: 'PlumblineRegress',
  drift: 'PlumblineDrift',
  error: 'PlumblineCannotJudge',
  silent: 'PlumblineNodeSilent',
  score: 'PlumblineScoreLow',
  coverage: 'PlumblineCoverageLow',
  certificate: 'PlumblineCertificateExpiring',
  waiver: 'PlumblineWaiverExpiring',
};

/** Identity of an alert for those who group and route by labels; the same for all its messages, and never that of another alert. */
export function labelsOf(
  alert: Pick<AlertRecord, 'key' | 'rule' | 'severity'>,
  on: RuleOn,
  cluster: string | null,
  control: AlertControl | null,
  subject: string | null,
): Readonly<Record<string, string>> {
  const namespace = subject === null ? '' : partsOf(subject).namespace;
  return {
    alertname: names[on],
    severity: alert.severity,
    rule: alert.rule,
    alert: alert.key,
    ...(cluster === null ? {} : { cluster }),
    ...(control ? { control: control.control, number: control.number, benchmark: control.benchmark } : {}),
    ...(namespace === '' ? {} : { namespace }),
  };
}

/** Digest of a change within its rule. */
export function changeDigest({ change }: Pick<Problem, 'change'>): string {
  return digest(change).slice(0, 32);
}

/** Id of an alert, made of what and when it is. */
export function alertKey(rule: string, change: string, at: number, entropy: string): string {
  return digest(JSON.stringify([rule, change, at, entropy])).slice(0, 16);
}

/** SHA-256 in hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
