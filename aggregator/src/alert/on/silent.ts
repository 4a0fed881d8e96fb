import type { PresenceEntry } from '../../store/journal.ts';
import { placeOf } from '../problem.ts';
import type { Rule } from '../rules.ts';
import { fits, type Watcher } from './watcher.ts';

/** Nobody reports from a node. */
export const silent: Watcher = {
  kinds: ['presence'],
  read(rule, entry, look) {
    if (entry.kind !== 'presence') return [];
    const place = placeOf('silent', entry.node);
    const open = look.open(rule.name, place) !== undefined;
    const quiet = entry.after === 'stale' || entry.after === 'no-agent';
    if (open && !quiet) {
      return [{ kind: 'close', place, why: entry.after === 'deleted' ? 'node-deleted' : 'fixed', at: entry.at }];
    }
    if (open || !quiet || !fits(rule.nodes, entry.node)) return [];
    return [{ kind: 'raise', problem: problemOf(rule, entry, place) }];
  },
};

function problemOf(rule: Rule, { node, after, at }: PresenceEntry, place: string) {
  const says =
    after === 'stale'
      ? 'The agent of this node does not report any more.'
      : 'No agent reports from this node of the cluster.';
  return {
    ...{ place, node, subject: '', at },
    detail: { control: null, severity: 'high' as const, before: null, after: 'error' as const, values: [], says },
    change: after,
    joins: 'slowly' as const,
    // Three intervals have passed until a node counts as stale; one without an agent counts at once.
    ripe: after === 'stale' ? at : at + rule.for,
  };
}
