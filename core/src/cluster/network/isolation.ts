import type { NetworkPolicy, SelectedNamespace, SelectedPod } from './policy.ts';

/** Is a direction of a pod isolated, and by which policy; or opened by one; or is it in doubt, because one cannot be understood. */
export interface Isolation {
  readonly state: 'isolated' | 'opened' | 'uncovered' | 'unclear';
  readonly by?: NetworkPolicy;
}

/** Asks policies in the order in which they count; they must be sorted by it. */
export function isolationOf(
  policies: readonly NetworkPolicy[],
  side: 'ingress' | 'egress',
  pod: SelectedPod,
  namespace: SelectedNamespace,
): Isolation {
  let isolating: NetworkPolicy | undefined;
  let unclear: NetworkPolicy | undefined;
  let mayOpen = false;
  for (const policy of policies) {
    const bearing = policy[side];
    if (bearing === 'none') continue;
    const selected = policy.selects(pod, namespace);
    if (selected === undefined) {
      unclear ??= policy;
      mayOpen ||= bearing === 'opens';
    }
    if (selected !== true) continue;
    if (bearing === 'opens') return { state: 'opened', by: policy };
    isolating ??= policy;
    if (bearing === 'closes') break;
  }
  if (isolating && !mayOpen) return { state: 'isolated', by: isolating };
  return unclear ? { state: 'unclear', by: unclear } : { state: 'uncovered' };
}
