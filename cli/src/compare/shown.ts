import type { Compared, Delta, Status, ValueAt } from '@plumbline/core';

/** One finding of a side, as people see it. */
export interface ShownFinding {
  readonly node?: string | null;
  readonly number: string;
  readonly subject: string;
  readonly status: Status;
  readonly message: string;
}

/** A change with what it is about; null on the side that has no such finding. */
export interface ShownChange {
  readonly delta: Delta;
  readonly control: string;
  readonly title: string;
  readonly rulesetChanged: boolean;
  readonly before: ShownFinding | null;
  readonly after: ShownFinding | null;
  readonly values: readonly {
    readonly fact: string;
    readonly subject: string;
    readonly from: ValueAt | null;
    readonly to: ValueAt | null;
  }[];
}

/** A comparison, whoever made it: `names` say what the sides are, `notes` what a reader must know before the numbers. */
export interface Shown extends Pick<Compared, 'unchanged' | 'deltas' | 'sections'> {
  readonly names: { readonly before: string; readonly after: string };
  readonly notes: readonly string[];
  readonly totals: Pick<Compared, 'before' | 'after'>;
  readonly changes: readonly ShownChange[];
  /** The machine format. */
  readonly json: unknown;
}
