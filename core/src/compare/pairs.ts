import type { PlacedFinding, Sides } from './change.ts';
import { neutral } from './neutral.ts';

/** Two findings on the same thing, or one without its like. `blind`: the missing one may be there, but that side could not look. */
export type Pair<F extends PlacedFinding> =
  | { readonly before: F; readonly after: F }
  | { readonly only: F; readonly side: 'before' | 'after'; readonly blind: boolean };

interface Group<F> {
  readonly before: F[];
  readonly after: F[];
}

/**
 * Matches findings by node, control and subject; numbers and documents do not count. What is left over on one control is
 * matched by component, because an instance has another name on another node, and none where its node is silent.
 */
export function pairsOf<F extends PlacedFinding>(
  before: Iterable<F>,
  after: Iterable<F>,
  { nodes }: Sides,
): readonly Pair<F>[] {
  const groups = new Map<string, Group<F>>();
  const add = (finding: F, side: 'before' | 'after') => {
    const key = `${nodes ? '' : (finding.node ?? '')}\0${finding.control}`;
    const group = groups.get(key) ?? { before: [], after: [] };
    groups.set(key, group);
    group[side].push(finding);
  };
  for (const one of before) add(one, 'before');
  for (const one of after) add(one, 'after');
  const nameOf = (side: 'before' | 'after') => (one: F) => neutral(one.subject, nodes?.[side]);
  return [...groups.values()].flatMap((group) => {
    const [one, other] = [group.before[0], group.after[0]];
    // Nearly every group is one finding that became another.
    if (
      one &&
      other &&
      group.before.length + group.after.length === 2 &&
      nameOf('before')(one) === nameOf('after')(other)
    )
      return [{ before: one, after: other }];
    const same = match(group, nameOf('before'), nameOf('after'));
    const alike = match(same.left, componentOf, componentOf);
    return [...same.pairs, ...alike.pairs, ...alone(alike.left, same.left)];
  });
}

function match<F extends PlacedFinding>(
  group: Group<F>,
  beforeName: (one: F) => string,
  afterName: (one: F) => string,
): { readonly pairs: readonly Pair<F>[]; readonly left: Group<F> } {
  const waiting = Map.groupBy(ordered(group.after), afterName);
  const pairs: Pair<F>[] = [];
  const left: Group<F> = { before: [], after: [] };
  for (const before of ordered(group.before)) {
    const after = waiting.get(beforeName(before))?.shift();
    if (after) pairs.push({ before, after });
    else left.before.push(before);
  }
  left.after.push(...[...waiting.values()].flat());
  return { pairs, left };
}

/** What has the same name on one side is matched in one order, whichever side is asked first and however it is listed. */
function ordered<F extends PlacedFinding>(findings: readonly F[]): readonly F[] {
  const rest = ({ benchmark, number, status, overlay, evidence }: F) =>
    JSON.stringify([benchmark, number, status, overlay, evidence]);
  return [...findings].sort((a, b) => inOrder(a.subject, b.subject) || inOrder(rest(a), rest(b)));
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** `kubelet@kubelet.service` → `kubelet`; subjects of the cluster are alike nobody but themselves. */
function componentOf({ subject }: PlacedFinding): string {
  return /^[a-z-]+(?=@)/.exec(subject)?.[0] ?? subject;
}

function alone<F extends PlacedFinding>({ before, after }: Group<F>, unmatched: Group<F>): readonly Pair<F>[] {
  const cannotLook = (side: readonly F[]) => side.some((one) => one.status === 'error');
  const blind = (one: F, other: readonly F[]) => cannotLook(other) || (one.status === 'error' && other.length > 0);
  return [
    ...before.map((only) => ({ only, side: 'before' as const, blind: blind(only, unmatched.after) })),
    ...after.map((only) => ({ only, side: 'after' as const, blind: blind(only, unmatched.before) })),
  ];
}
