import Type, { type Static } from 'typebox';
import type { Evidence } from '../check/truth.ts';
import type { Finding } from '../judge.ts';
import type { Overlay } from '../waiver/applies.ts';

/** A finding and the node it was made on; null or absent: the cluster, or the only node of a report. */
export interface PlacedFinding extends Finding {
  readonly node?: string | null;
  /** What is decided about it; a decision changes no verdict. */
  readonly overlay?: Overlay;
}

/**
 * What became of a finding. `fixed` and `regressed` go by the order of reports (fail, warn, pass); `ruleset-changed`: the check
 * changed and what was looked at did not; `incomparable`: one side could not look; `waived`: it fails or warns on both sides, and a
 * waiver covers it since, `no-longer-waived`: no more; `changed`: the same status on other values.
 */
export const Delta = Type.Union([
  Type.Literal('regressed'),
  Type.Literal('fixed'),
  Type.Literal('new'),
  Type.Literal('gone'),
  Type.Literal('incomparable'),
  Type.Literal('ruleset-changed'),
  Type.Literal('now-not-applicable'),
  Type.Literal('now-applicable'),
  Type.Literal('waived'),
  Type.Literal('no-longer-waived'),
  Type.Literal('changed'),
]);
export type Delta = Static<typeof Delta>;

/** Every delta, what matters most first. */
export const deltas: readonly Delta[] = Delta.anyOf.map((one) => one.const);

/** What was found at a place, and where it comes from. */
export type ValueAt = Pick<Evidence, 'actual' | 'origin'>;

/** One line of evidence that differs; null on the side that has no such line. */
export interface ValueChange {
  readonly fact: string;
  readonly subject: string;
  readonly from: ValueAt | null;
  readonly to: ValueAt | null;
}

/** One finding that is not what it was; null on the side that does not have it. */
export interface Change<F extends PlacedFinding = PlacedFinding> {
  readonly delta: Delta;
  readonly control: string;
  readonly before: F | null;
  readonly after: F | null;
  /** Whether the check changed too, whatever the delta is. */
  readonly rulesetChanged: boolean;
  readonly values: readonly ValueChange[];
}

/** What the two sides are. */
export interface Sides {
  /** Two nodes: their names. Findings are then matched by control and component, and a name in a path or value counts as the same. */
  readonly nodes?: { readonly before: string; readonly after: string };
  /** Versions of the program that judged, where they are known. */
  readonly programs?: { readonly before: string; readonly after: string };
}
