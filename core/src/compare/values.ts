import type { Evidence } from '../check/truth.ts';
import type { PlacedFinding, Sides, ValueAt, ValueChange } from './change.ts';
import { neutral } from './neutral.ts';

/** The lines of evidence that differ in value or origin. A pid and the version of a default are no difference: a restart changes nothing. */
export function valuesOf(before: PlacedFinding, after: PlacedFinding, { nodes }: Sides): readonly ValueChange[] {
  const left = linesOf(before.evidence, nodes?.before);
  const right = linesOf(after.evidence, nodes?.after);
  const changes: ValueChange[] = [];
  for (const [key, from] of left) {
    const to = right.get(key);
    if (to?.says === from.says) continue;
    const { fact, subject } = from.line;
    changes.push({ fact, subject, from: valueAt(from.line), to: to ? valueAt(to.line) : null });
  }
  for (const [key, { line }] of right) {
    if (!left.has(key)) changes.push({ fact: line.fact, subject: line.subject, from: null, to: valueAt(line) });
  }
  return changes;
}

interface Line {
  readonly line: Evidence;
  readonly says: string;
}

function linesOf(evidence: readonly Evidence[], node: string | undefined): ReadonlyMap<string, Line> {
  const lines = new Map<string, Line>();
  for (const line of evidence) {
    const { actual, origin } = line;
    // Of an object several fields may be named; a setting is the same whether a flag or a file sets it.
    const field = origin.kind === 'object' ? origin.key : '';
    const key = neutral(`${line.fact}\0${componentOf(line.subject, node)}\0${field}`, node);
    const says = neutral(JSON.stringify([actual, origin.kind, origin.path, origin.key]), node);
    lines.set(unused(lines, key), { line, says });
  }
  return lines;
}

/** An object may be named by several lines; they are compared in their order. */
function unused(lines: ReadonlyMap<string, Line>, key: string): string {
  let free = key;
  for (let n = 1; lines.has(free); n++) free = `${key}\0${n}`;
  return free;
}

/** Instances have other names on other nodes. */
function componentOf(subject: string, node: string | undefined): string {
  return node === undefined ? subject : (/^[a-z-]+(?=@)/.exec(subject)?.[0] ?? subject);
}

function valueAt({ actual, origin }: Evidence): ValueAt {
  return { actual, origin };
}
