import type { Status } from '@plumbline/core';
import type { VerdictEntry } from '../../store/journal.ts';
import type { AlertValue } from '../message.ts';
import { movedValues, onTop, sameChange } from '../moved-values.ts';
import { type Detail, type Problem, placeOf, type Step } from '../problem.ts';
import type { Rule } from '../rules.ts';
import { concerns, type Look, namespaceOf, silences, type Watcher } from './watcher.ts';

/** A verdict became bad because something that is observed changed. */
export const regress: Watcher = {
  kinds: ['verdict'],
  read(rule, entry, look) {
    if (entry.kind !== 'verdict') return [];
    // From now on nothing tells what becomes of what was seen.
    if (isBlinded(entry)) {
      return look.openInCluster(rule.name, entry.control).map(({ place }) => ({ kind: 'lose', place }));
    }
    const place = placeOf(entry.node, entry.control, entry.subject);
    const open = look.open(rule.name, place);
    const bad = entry.after !== null && rule.statuses.includes(entry.after.status);
    if (open) return bad ? moved(entry, open.detail, place) : ended(rule, entry, place, look);
    if (!bad || entry.cause !== 'observed' || !concerns(rule, entry)) return [];
    if (!wasGood(rule, entry, look) || look.waived(entry)) return [];
    return [{ kind: 'raise', problem: problemOf(rule, entry, place) }];
  },
  again({ place, node, subject, control, detail }, look, now) {
    if (control === null || look.verdicts.blind(control)) return [];
    const statuses = look.verdicts.statuses({ node, control, subject });
    if (statuses.includes('error')) return [];
    if (detail.after !== null && statuses.includes(detail.after)) return [{ kind: 'see', place }];
    const away = statuses.every((one) => one === 'not-applicable');
    if (away && node !== null && mayComeBack(now, look.verdicts.endedAt({ node, control, subject }))) return [];
    return [{ kind: 'close', place, why: statuses.length === 0 ? 'gone' : 'fixed', at: now }];
  },
};

function isBlinded({ node, cause, after }: VerdictEntry): boolean {
  return node === null && cause === 'silence' && after?.status === 'error' && !silences.includes(after.reason);
}

function moved(entry: VerdictEntry, before: Detail, place: string): readonly Step[] {
  // What else moved under it is another matter, and comes and goes with restarts.
  const told = new Set(before.values.map(({ fact, subject, key }) => JSON.stringify([fact, subject, key])));
  const further = movedValues(entry).filter(({ fact, subject, key }) => told.has(JSON.stringify([fact, subject, key])));
  const values = onTop(before.values, further);
  const says = entry.after?.message ?? before.says;
  const after = entry.after?.status ?? before.after;
  if (entry.cause !== 'observed' || JSON.stringify(values) === JSON.stringify(before.values)) return [];
  return [{ kind: 'move', place, detail: { ...before, values, says, after } }];
}

/** It ended if nobody calls it bad any more; while nobody can look, nobody knows. */
function ended(rule: Rule, entry: VerdictEntry, place: string, look: Look): readonly Step[] {
  const { node, control, subject, after, at } = entry;
  if (after?.status === 'error') return node === null ? [{ kind: 'lose', place }] : [];
  // Another document may judge it now, and a list that is denied empties without anything being deleted.
  const statuses = look.verdicts.statuses({ node, control, subject });
  if (statuses.some((one) => rule.statuses.includes(one) || one === 'error')) return [];
  // What a process brought is gone while it restarts, and what reads it has nothing to judge.
  if (after?.status === 'not-applicable' && node !== null) return [{ kind: 'lose', place }];
  if (after === null && statuses.length === 0 && (node !== null || look.verdicts.blind(control))) {
    return [{ kind: 'lose', place }];
  }
  return [{ kind: 'close', place, why: after ? 'fixed' : 'gone', at }];
}

/** How long what is gone from a node may take to come back: a component restarts. */
const restartMs = 120_000;

function mayComeBack(now: number, endedAt: number | null): boolean {
  return endedAt !== null && now - endedAt < restartMs;
}

function wasGood(rule: Rule, entry: VerdictEntry, look: Look): boolean {
  const before = entry.before?.status === 'error' ? lastKnown(entry, look) : (entry.before?.status ?? 'none');
  if (before === 'none' && isSecond(entry, look)) return false;
  return before !== null && !rule.statuses.some((one) => one === before) && !worse(before, entry.after?.status);
}

/** While a component restarts two instances of it may run for a moment, each with a name of its own. */
function isSecond({ node, control, subject, at, after }: VerdictEntry, look: Look): boolean {
  return (
    node !== null && after !== null && look.verdicts.alike({ node, control, subject }, after.status, at - restartMs)
  );
}

/** What could be judged before the error; where nothing ever could, this is the first sight. */
function lastKnown({ node, control, subject, at }: VerdictEntry, look: Look): Status | null {
  return look.verdicts.lastKnown({ node, control, subject }, at);
}

/** From a failure to a doubt is no regress. */
function worse(before: Status | 'none', after: Status | undefined): boolean {
  return before === 'fail' && after !== 'fail';
}

const mostObjects = 5;

/** What one object broke is one change, however many controls it breaks. Undefined where many objects play a part, or none. */
function objectsOf(values: readonly AlertValue[]): string | undefined {
  const objects = new Set(values.filter((one) => one.fact.startsWith('object ')).map((one) => one.subject));
  return objects.size === 0 || objects.size > mostObjects ? undefined : placeOf('objects', ...[...objects].sort());
}

function problemOf(rule: Rule, entry: VerdictEntry, place: string): Problem {
  const { benchmark, number, control, title, node, subject, severity, before, after, at } = entry;
  const values = movedValues(entry);
  const statuses = { before: before?.status ?? null, after: after?.status ?? null };
  const detail = {
    control: { benchmark, number, control, title },
    severity,
    ...statuses,
    values,
    says: after?.message ?? '',
  };
  const problem = { place, node, subject, detail, at, ripe: at + rule.for };
  if (node === null) {
    const change = objectsOf(values) ?? placeOf(control, statuses.before, statuses.after, namespaceOf(entry));
    return { ...problem, change, joins: 'at-once' };
  }
  // What one value broke is one change, however many controls read it.
  const same = values.length > 0 ? sameChange(values, node) : placeOf(control, statuses.before, statuses.after);
  return { ...problem, change: same, joins: 'slowly' };
}
