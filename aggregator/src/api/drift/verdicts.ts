import { type Evidence, isJsonObject, type Json } from '@plumbline/core';
import type { ChangedVerdict, VerdictsBetween } from '../../store/consequences.ts';

/** What changed, as far as a verdict can rest on it. */
export interface Cause {
  /** Node id; 0 the cluster. */
  readonly node: number;
  readonly at: number;
  readonly subject: string;
  readonly values: readonly (Json | null)[];
}

/** Judging follows a change within a moment; after a minute something else is the reason. */
const withinMs = 60_000;
/** Each commit of a node has a moment of its own, so that of several at once the last may lie a little ahead of the clock. */
const aheadMs = 5;

/**
 * Verdicts that changed because of a change: those of the same node, in the first judging within a minute that changed any whose evidence
 * names its subject or the file it was read from.
 */
export function consequencesOf(cause: Cause, between: VerdictsBetween): readonly ChangedVerdict[] {
  const names = new Set([cause.subject, ...cause.values.flatMap(pathOf)]);
  const related = between(cause.node, cause.at - aheadMs, cause.at + withinMs).filter(
    (one) => (one.before !== null || one.after === 'fail') && restsOn(one, names),
  );
  return related.filter((one) => one.at === related[0]?.at);
}

function restsOn(verdict: ChangedVerdict, names: ReadonlySet<string>): boolean {
  if (names.has(verdict.subject) || names.has(verdict.subject.split('@')[0] ?? '')) return true;
  return moved(verdict).some((line) => names.has(line.subject) || names.has(line.origin.path ?? ''));
}

/** Lines of evidence that are not on both sides; all of them where the same lines led elsewhere. */
function moved({ evidenceBefore, evidenceAfter }: ChangedVerdict): readonly Evidence[] {
  const says = ({ fact, subject, actual, origin: { pid: _, ...origin } }: Evidence) =>
    JSON.stringify([fact, subject, actual, origin]);
  const [left, right] = [new Set(evidenceBefore.map(says)), new Set(evidenceAfter.map(says))];
  const lines = [
    ...evidenceBefore.filter((one) => !right.has(says(one))),
    ...evidenceAfter.filter((one) => !left.has(says(one))),
  ];
  return lines.length > 0 ? lines : evidenceAfter;
}

function pathOf(value: Json | null): readonly string[] {
  const path = isJsonObject(value) ? value['path'] : undefined;
  return typeof path === 'string' ? [path] : [];
}
