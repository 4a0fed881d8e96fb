import type { Status } from '@plumbline/core';
import type { VerdictChange } from '../store/verdict-table.ts';

/**
 * What a change of a verdict means. `regress`, `progress`: for worse or better among pass, warn and fail; `new`, `gone`: there was or
 * is none; `other`: one side could not be judged or does not apply.
 */
export type ChangeKind = 'regress' | 'progress' | 'new' | 'gone' | 'other';

/** Best first. */
const order: readonly Status[] = ['pass', 'warn', 'fail'];

/** The kind of a change. */
export function changeKind({ before, after }: Pick<VerdictChange, 'before' | 'after'>): ChangeKind {
  if (after === null) return 'gone';
  if (before === null) return 'new';
  const [was, is] = [order.indexOf(before), order.indexOf(after)];
  if (was < 0 || is < 0) return 'other';
  return is > was ? 'regress' : 'progress';
}
