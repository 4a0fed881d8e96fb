import { observeNode, realHost } from '@plumbline/agent';
import { chooseDocuments, type Finding, judgeNode, nodeView, type Observation } from '@plumbline/core';
import { shippedPack } from '../../pack.ts';

/** One look at this machine and its verdicts. */
export interface Audit {
  readonly observations: readonly Observation[];
  readonly findings: readonly Finding[];
}

const versions = { kubelet: '1.34', controlPlane: '1.34' };

/** Audits this machine as `plumbline audit --kubernetes-version 1.34` does. */
export async function audit(benchmark?: string): Promise<Audit> {
  const pack = shippedPack();
  const observations = await observeNode({
    host: realHost('/'),
    pack,
    clock: () => new Date().toISOString(),
    versions,
  });
  const findings = judgeNode({
    pack,
    view: nodeView('this', observations),
    versions,
    documents: chooseDocuments(pack, versions, benchmark),
    now: new Date().toISOString(),
  });
  return { observations, findings };
}

/** Status by control and subject: what must stay when nothing changes. */
export function statuses(findings: readonly Finding[]): ReadonlyMap<string, string> {
  return new Map(findings.map((one) => [`${one.control} ${one.subject}`, one.status]));
}

/** Controls whose verdict differs, with their new status. A subject that appears or vanishes differs as well. */
export function changedControls(
  before: readonly Finding[],
  after: readonly Finding[],
): Readonly<Record<string, string>> {
  const old = statuses(before);
  const fresh = statuses(after);
  const out: Record<string, string> = {};
  for (const [key, status] of fresh) if (old.get(key) !== status) out[key.split(' ')[0] ?? key] = status;
  for (const key of old.keys()) if (!fresh.has(key)) out[key.split(' ')[0] ?? key] = 'gone';
  return out;
}
