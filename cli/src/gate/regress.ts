import type { ShownChange } from '../compare/shown.ts';
import type { Regress } from './gate.ts';

/** What of a comparison is worse: what regressed, and what is new and fails. */
export function regressOf(since: string, changes: readonly ShownChange[]): Regress {
  const worse = changes.filter(
    ({ delta, after }) => delta === 'regressed' || (delta === 'new' && after?.status === 'fail'),
  );
  // What could not be judged before either says nothing about what happened since.
  const blind = changes.filter(({ delta, before }) => delta === 'incomparable' && before && before.status !== 'error');
  return { since, worse: worse.map(sentence), blind: blind.length };
}

function sentence({ title, before, after }: ShownChange): string {
  const where = [after?.node, after?.subject].filter(Boolean).join(' ');
  return `${after?.number} ${title}: ${before?.status ?? 'none'} → ${after?.status} on ${where}`;
}
