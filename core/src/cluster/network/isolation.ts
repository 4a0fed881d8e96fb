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
  const before = inTiers(policies, side, pod, namespace);
  if (before && before.state !== 'unclear') return before;
  const after = inDefaultTier(policies, side, pod, namespace);
  return before && (before.mayOpen || after.state !== 'isolated') ? before : after;
}

type InTier = Isolation & { readonly mayOpen?: boolean };

/**
 * What tiers before the default one decide. Their order, and whether what no rule fits is denied at their end or goes on, the objects of tiers say,
 * which are not read: a policy that only isolates leaves it unclear.
 */
function inTiers(
  policies: readonly NetworkPolicy[],
  side: 'ingress' | 'egress',
  pod: SelectedPod,
  namespace: SelectedNamespace,
): InTier | undefined {
  if (!policies.some(({ tier }) => tier)) return undefined;
  const tiers = Map.groupBy(policies, ({ tier = '' }) => tier);
  tiers.delete('');
  const found = [...tiers.values()].flatMap((own) => inTier(own, side, pod, namespace) ?? []);
  const states = ['opened', 'unclear', 'isolated'] as const;
  return states.flatMap((state) => found.find((one) => one.state === state) ?? [])[0];
}

/** Undefined where it leaves everything to others. */
function inTier(
  policies: readonly NetworkPolicy[],
  side: 'ingress' | 'egress',
  pod: SelectedPod,
  namespace: SelectedNamespace,
): InTier | undefined {
  let unclear: NetworkPolicy | undefined;
  let mayOpen = false;
  for (const policy of policies) {
    const bearing = policy[side];
    const selected = bearing === 'none' ? false : policy.selects(pod, namespace);
    if (selected === false) continue;
    if (selected === true && bearing === 'passes') return undefined;
    if (selected === true && bearing === 'opens') return { state: 'opened', by: policy };
    if (selected === true && bearing === 'closes' && !unclear) return { state: 'isolated', by: policy };
    mayOpen ||= bearing === 'opens';
    unclear ??= policy;
  }
  return unclear && { state: 'unclear', by: unclear, mayOpen };
}

function inDefaultTier(
  policies: readonly NetworkPolicy[],
  side: 'ingress' | 'egress',
  pod: SelectedPod,
  namespace: SelectedNamespace,
): Isolation {
  let isolating: NetworkPolicy | undefined;
  let unclear: NetworkPolicy | undefined;
  let mayOpen = false;
  for (const policy of policies) {
    if (policy.tier) continue;
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
