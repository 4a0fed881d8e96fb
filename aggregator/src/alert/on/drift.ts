import { matchesGlob } from '@plumbline/core';
import type { DriftEntry } from '../../store/journal.ts';
import { movedFields, stateDigest } from '../moved-facts.ts';
import { sameChange } from '../moved-values.ts';
import { type Problem, placeOf } from '../problem.ts';
import type { Rule } from '../rules.ts';
import { fits, type Watcher } from './watcher.ts';

/** After this long what changed is how it is. */
const settledMs = 86_400_000;

/** What a process brought is gone while it restarts. */
const restartMs = 60_000;

/** Instances of components have such names: `kubelet@kubelet.service`. */
function ofProcess(subject: string): boolean {
  return !subject.startsWith('/') && subject.includes('@');
}

/** A chosen fact changed, whatever controls say of it. It ends when it is as it was before, when it changes again, or after a day. */
export const drift: Watcher = {
  kinds: ['drift'],
  read(rule, entry, look) {
    if (entry.kind !== 'drift' || entry.cause !== 'observed') return [];
    const { node, fact, subject, at } = entry;
    const place = placeOf('drift', node, fact, subject);
    const open = look.open(rule.name, place);
    if (!open && !chosen(rule, entry)) return [];
    const raise = { kind: 'raise', problem: problemOf(rule, entry, place) } as const;
    if (!open) return [raise];
    const back = open.detail.was === stateDigest(entry.after);
    // While a process restarts, what it brought is neither as it was nor as it is.
    if (ofProcess(subject) && entry.after === null) return [{ kind: 'lose', place }];
    if (ofProcess(subject) && entry.before === null && !back) return [{ kind: 'see', place }];
    const close = { kind: 'close', place, why: back ? 'fixed' : 'moved', at } as const;
    return back ? [close] : [close, raise];
  },
  again({ place, opened }, _, now) {
    return now - opened < settledMs ? [] : [{ kind: 'close', place, why: 'settled', at: now }];
  },
};

function chosen(rule: Rule, { node, fact, subject }: DriftEntry): boolean {
  return (
    fits(rule.facts, fact) &&
    fits(rule.subjects, subject) &&
    (rule.nodes === null || (node !== null && matchesGlob(rule.nodes, node)))
  );
}

function problemOf(rule: Rule, entry: DriftEntry, place: string): Problem {
  const { node, fact, subject, at, before, after } = entry;
  const values = movedFields(entry);
  const verb = before === null ? 'appeared' : after === null ? 'is gone' : 'changed';
  const detail = {
    ...{ control: null, severity: 'medium' as const, before: null, after: null, values },
    ...{ says: `${fact} of ${subject} ${verb}.`, was: stateDigest(before) },
  };
  const change = sameChange(values, node);
  const joins = node === null ? 'at-once' : 'slowly';
  const ripe = at + rule.for + (after === null && ofProcess(subject) ? restartMs : 0);
  return { place, node, subject, detail, change, joins, at, ripe, unseen: true };
}
