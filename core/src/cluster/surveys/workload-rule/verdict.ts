import type { Evidence } from '../../../check/truth.ts';
import { counted } from '../../../words.ts';
import { limited } from '../../evidence.ts';
import { subjectOf } from '../../subject.ts';
import type { Judged } from '../../survey.ts';

/** What one container or pod is found to be. */
export interface Found {
  readonly kind: 'violates' | 'doubtful' | 'fine' | 'unknown' | 'component';
  readonly why: string;
  readonly reason: string;
  readonly evidence: Evidence;
}

/** The verdict on a namespace by all that was found in it: what violates first, then what nobody can say. */
export function verdict(namespace: string, system: boolean, workloads: number, found: readonly Found[]): Judged {
  const subject = subjectOf('namespace', '', namespace);
  const of = (kind: Found['kind']) => found.filter((one) => one.kind === kind);
  const lines = (some: readonly Found[]) => limited(some.map((one) => one.evidence));
  const [violating, unknown, doubtful] = [of('violates'), of('unknown'), of('doubtful')];
  const first = (some: readonly Found[]) => {
    const { path, key } = some[0]?.evidence.origin ?? {};
    return `${path} ${key}`;
  };
  const owners = (some: readonly Found[]) => new Set(some.map((one) => one.evidence.subject)).size;
  if (violating.length > 0) {
    const message = `Not as expected: ${owners(violating)} of ${counted(workloads, 'workload')}, ${first(violating)} among them.`;
    const status = system ? 'warn' : 'fail';
    return {
      subject,
      status,
      reason: system ? 'system-namespace' : 'not-as-expected',
      message,
      evidence: lines(violating),
    };
  }
  const [one] = unknown;
  if (one) {
    const message = `${first(unknown)}: ${one.why}`;
    return { subject, status: 'error', reason: one.reason, message, evidence: lines(unknown) };
  }
  if (doubtful.length > 0) {
    const message = `To be looked at: ${owners(doubtful)} of ${counted(workloads, 'workload')}, ${first(doubtful)} among them.`;
    return { subject, status: 'warn', reason: 'needs-a-person', message, evidence: lines(doubtful) };
  }
  const shipped = of('component');
  if (shipped.length > 0) {
    const message = `Not as expected are only components of Kubernetes itself: ${owners(shipped)} of ${counted(workloads, 'workload')}, ${first(shipped)} among them.`;
    return { subject, status: 'pass', reason: 'system-default', message, evidence: lines(shipped) };
  }
  const message = workloads === 0 ? 'No workload runs here.' : `As expected: all of ${counted(workloads, 'workload')}.`;
  return {
    subject,
    status: 'pass',
    reason: workloads === 0 ? 'no-workload' : 'as-expected',
    message,
    evidence: emptyOr(lines(found), subject),
  };
}

/** A pass says what was looked at, also where there was nothing. */
function emptyOr(evidence: readonly Evidence[], subject: string): readonly Evidence[] {
  if (evidence.length > 0) return evidence;
  const origin = { kind: 'object', path: subject, key: 'pods' } as const;
  return [
    { fact: 'object Pod', subject, actual: 'no workload', expected: 'no workload that violates', origin, holds: true },
  ];
}
