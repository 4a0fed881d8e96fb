import {
  type FactSide,
  factChanges,
  type KeyChange,
  neutral,
  originText,
  type PlacedFinding,
  valuesOf,
} from '@plumbline/core';
import type { Entry, VerdictEntry, VerdictState } from '../../store/journal.ts';
import type { ChangeAnswer } from './schema.ts';

/** What a change is, whenever and wherever it happened. */
export type Shape = Omit<ChangeAnswer, 'id' | 'at' | 'firstAt' | 'nodes' | 'nodesTotal' | 'verdicts'>;

/** A drift without its place in time. */
export interface Drifted {
  readonly cause: Entry['cause'];
  readonly fact: string;
  readonly subject: string;
  readonly before: FactSide | null;
  readonly after: FactSide | null;
}

const nothing = {
  fact: null,
  subject: null,
  control: null,
  number: null,
  benchmark: null,
  title: null,
  severity: null,
  message: null,
  changes: [],
  changesTotal: 0,
} as const;
/** Lines of a verdict that are shown. */
const mostLines = 50;

/** What an entry of the journal is. */
export function shapeOf(entry: Entry): Shape {
  if (entry.kind === 'drift') return driftShape(entry);
  if (entry.kind === 'verdict') return verdictShape(entry);
  const { kind, cause, before, after } = entry;
  return { ...nothing, changes: [], kind, cause, before, after };
}

/** What a change of a fact is, value by value. */
export function driftShape({ cause, fact, subject, before, after }: Drifted): Shape {
  const { changes, total } = factChanges({ fact, subject }, before, after);
  return {
    ...nothing,
    ...{ kind: 'drift', cause, fact, subject },
    before: before?.state ?? null,
    after: after?.state ?? null,
    changes: changes.map(shown),
    changesTotal: total,
  };
}

function verdictShape(entry: VerdictEntry): Shape {
  const { cause, subject, benchmark, number, control, title, severity, before, after } = entry;
  const lines = valuesOf(findingOf(entry, before), findingOf(entry, after), {});
  return {
    ...nothing,
    ...{ kind: 'verdict', cause, subject, benchmark, number, control, title, severity },
    before: before?.status ?? null,
    after: after?.status ?? null,
    message: after?.message ?? null,
    changes: lines.slice(0, mostLines).flatMap(({ fact, subject: where, from, to }) => {
      const origin = to?.origin ?? from?.origin;
      return origin
        ? [shown({ key: `${fact} of ${where}`, from: from?.actual ?? null, to: to?.actual ?? null, origin })]
        : [];
    }),
    changesTotal: lines.length,
  };
}

function findingOf(entry: VerdictEntry, state: VerdictState | null): PlacedFinding {
  const { benchmark, number, control, title, severity, subject } = entry;
  const { status = 'error', reason = '', message = '', evidence = [] } = state ?? {};
  const place = { benchmark, number, control, title, severity, subject, level: '1', by: 'automated' } as const;
  return { ...place, status, reason, message, evidence, remedy: '' };
}

function shown({ key, from, to, origin }: KeyChange) {
  return { key, from, to, origin: { ...origin, text: originText(origin) } };
}

/** Equal texts of changes that are alike on their nodes: the name of the node and of its instance do not count. */
export function alikeText(shape: Shape): (node: string | null) => string {
  const subject = /^[a-z-]+(?=@)/.exec(shape.subject ?? '')?.[0] ?? shape.subject;
  const { kind, cause, fact, control, number, benchmark, before, after } = shape;
  const changes = shape.changes.map(({ key, from, to }) => (kind === 'verdict' ? [from, to] : [key, from, to]));
  const text = JSON.stringify([kind, cause, fact, subject, control, number, benchmark, before, after, changes]);
  return (node) => (node !== null && text.includes(node) ? neutral(text, node) : text);
}
