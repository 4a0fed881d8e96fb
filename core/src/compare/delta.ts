import type { Status } from '../control.ts';
import type { Change, Delta, PlacedFinding, Sides } from './change.ts';
import type { Pair } from './pairs.ts';
import { valuesOf } from './values.ts';

/** What became of a pair; undefined where nothing did. */
export function changeOf<F extends PlacedFinding>(pair: Pair<F>, sides: Sides): Change<F> | undefined {
  if (!('only' in pair)) return between(pair.before, pair.after, sides);
  const { only, side, blind } = pair;
  const here = side === 'after';
  return {
    delta: blind ? 'incomparable' : here ? 'new' : 'gone',
    control: only.control,
    before: here ? null : only,
    after: here ? only : null,
    rulesetChanged: false,
    values: [],
  };
}

function between<F extends PlacedFinding>(before: F, after: F, sides: Sides): Change<F> | undefined {
  const values = valuesOf(before, after, sides);
  const rulesetChanged = differ(before.ruleset, after.ruleset) || differ(sides.programs?.before, sides.programs?.after);
  const change = { control: after.control, before, after, rulesetChanged, values };
  if (before.status === after.status) {
    const delta = waived(before.overlay, after.overlay);
    if (delta) return { ...change, delta };
    return values.length > 0 || before.reason !== after.reason ? { ...change, delta: 'changed' } : undefined;
  }
  // What changes by itself with time needs no change of node or check.
  const nodeChanged = values.some(({ from, to }) => from && to);
  const timed = before.validUntil !== undefined || after.validUntil !== undefined;
  const checkAlone = rulesetChanged && !nodeChanged && !timed;
  return { ...change, delta: turned(before.status, after.status, checkAlone) };
}

/** What began or ended to be waived; undefined where neither did. */
export function waived(before: string | undefined, after: string | undefined): Delta | undefined {
  if ((before === 'waived') === (after === 'waived')) return undefined;
  return after === 'waived' ? 'waived' : 'no-longer-waived';
}

/** What nobody recorded says nothing. */
function differ(before: string | undefined, after: string | undefined): boolean {
  return before !== undefined && after !== undefined && before !== '' && after !== '' && before !== after;
}

/** The delta of two different statuses. */
export function turned(before: Status, after: Status, checkAlone: boolean): Delta {
  if (before === 'error' || after === 'error') return 'incomparable';
  if (checkAlone) return 'ruleset-changed';
  if (after === 'not-applicable') return 'now-not-applicable';
  if (before === 'not-applicable') return 'now-applicable';
  return isWorse(before, after) ? 'fixed' : 'regressed';
}

function isWorse(a: Status, b: Status): boolean {
  return a === 'fail' || b === 'pass';
}
