import type { Role } from './benchmark.ts';
import { type Choice, type Documents, entriesOf } from './choose.ts';
import { type Finding, findingOf, type Verdict } from './judge.ts';
import type { Pack } from './pack/pack.ts';

/** What the whole cluster says about its control plane and its etcd. */
export interface Sight {
  /** Some node runs or should run a control plane, or a provider runs it. */
  readonly controlPlane: boolean;
  /** Some node runs or should run etcd, or a provider runs it. */
  readonly etcd: boolean;
}

/** Why a node that is known cannot be judged at all. */
export type Silence = 'no-agent' | 'stale';

const silences: Readonly<Record<Silence, string>> = {
  'no-agent': 'No agent reports from this node.',
  stale: 'The agent of this node has not been heard for three intervals.',
};

/** Findings of a node that nobody reports from: an error for every control of nodes, whatever its role. Silence is never a pass. */
export function silentNode(pack: Pack, documents: Documents, silence: Silence): readonly Finding[] {
  const verdict: Verdict = { status: 'error', reason: silence, message: silences[silence], evidence: [] };
  return entriesOf(documents).flatMap(({ choice, entry }) => absent(pack, choice, entry, verdict));
}

/** Findings that stand once for the cluster because no node runs what they are about; empty where all of it was seen. */
export function unseen(pack: Pack, choice: Choice, sight: Sight): readonly Finding[] {
  return choice.document.controls.flatMap((entry) => {
    const verdict = verdictOf(entry.role, sight);
    return verdict ? absent(pack, choice, entry, verdict) : [];
  });
}

function verdictOf(role: Role, sight: Sight): Verdict | undefined {
  const error = (reason: string, message: string): Verdict => ({ status: 'error', reason, message, evidence: [] });
  if (role === 'control-plane' && !sight.controlPlane) {
    return error('no-control-plane-seen', 'No node that reports runs a control plane, so nobody looked at it.');
  }
  if (role !== 'etcd' || sight.etcd) return undefined;
  return sight.controlPlane
    ? error(
        'external-etcd',
        'An API server was seen, but its etcd runs on no node that reports, so nobody looked at it.',
      )
    : error('no-control-plane-seen', 'Neither a control plane nor etcd was seen on any node that reports.');
}

function absent(
  pack: Pack,
  choice: Choice,
  entry: Choice['document']['controls'][number],
  verdict: Verdict,
): Finding[] {
  const control = pack.controls.get(entry.control);
  if (!control || control.subject === 'cluster') return [];
  return [findingOf(pack, choice, entry, control, control.subject, verdict)];
}
