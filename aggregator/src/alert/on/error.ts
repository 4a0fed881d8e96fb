import type { VerdictEntry } from '../../store/journal.ts';
import { placeOf } from '../problem.ts';
import type { Rule } from '../rules.ts';
import { concerns, silences, type Watcher } from './watcher.ts';

/** A control cannot be judged any more, though somebody looks. */
export const error: Watcher = {
  kinds: ['verdict'],
  read(rule, entry, look) {
    if (entry.kind !== 'verdict') return [];
    const place = placeOf('error', entry.node, entry.control, entry.subject);
    const open = look.open(rule.name, place);
    if (open) {
      const { node, control, subject, at, after } = entry;
      if (look.verdicts.statuses({ node, control, subject }).includes('error')) return [];
      return [{ kind: 'close', place, why: after ? 'fixed' : 'gone', at }];
    }
    return isNew(entry) && concerns(rule, entry) ? [{ kind: 'raise', problem: problemOf(rule, entry, place) }] : [];
  },
  again({ place, node, control, subject }, look, now) {
    if (control === null || look.verdicts.statuses({ node, control, subject }).includes('error')) return [];
    return [{ kind: 'close', place, why: 'fixed', at: now }];
  },
};

function isNew({ node, cause, before, after }: VerdictEntry): boolean {
  if (after?.status !== 'error' || before?.status === 'error' || silences.includes(after.reason)) return false;
  // What of the cluster nobody can look at is worth a message.
  return cause === 'observed' || (cause === 'silence' && node === null);
}

function problemOf(rule: Rule, entry: VerdictEntry, place: string) {
  const { benchmark, number, control, title, node, subject, severity, before, after, at, cause } = entry;
  return {
    ...{ place, node, subject, at, ripe: at + rule.for },
    detail: {
      control: { benchmark, number, control, title },
      severity,
      before: before?.status ?? null,
      after: after?.status ?? null,
      values: [],
      says: after?.message ?? '',
    },
    change: placeOf(after?.reason ?? '', node === null ? 'cluster' : 'nodes'),
    joins: 'slowly' as const,
    // A return to what was known before is no entry.
    unseen: cause === 'silence',
  };
}
