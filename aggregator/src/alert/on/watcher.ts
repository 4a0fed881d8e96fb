import { matchesGlob, partsOf, type Severity, sectionOf } from '@plumbline/core';
import type { OpenPlace } from '../../store/alert-table.ts';
import type { Entry, VerdictEntry } from '../../store/journal.ts';
import type { VerdictLookup } from '../../store/verdict-lookup.ts';
import type { Step } from '../problem.ts';
import type { Rule } from '../rules.ts';

/** What reading an entry may ask. */
export interface Look {
  /** The place, if this rule calls it wrong already. */
  open(rule: string, place: string): OpenPlace | undefined;
  /** What this rule calls wrong about a control of the cluster, as somebody saw it last. */
  openInCluster(rule: string, control: string): readonly OpenPlace[];
  readonly verdicts: VerdictLookup;
  /** Somebody decided that this verdict is to be borne. */
  waived(entry: VerdictEntry): boolean;
}

/** What one kind of rule makes of the journal. */
export interface Watcher {
  readonly kinds: readonly Entry['kind'][];
  read(rule: Rule, entry: Entry, look: Look): readonly Step[];
  /** What became of a place of which nothing tells when it ends: still wrong is no step. */
  again?(place: OpenPlace, look: Look, now: number): readonly Step[];
}

/** Reasons that say that nobody reports from a node: its own message says so. */
export const silences: readonly string[] = ['stale', 'no-agent'];

/** Severities, the worst first. */
export const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** Does a name pass a filter? */
export function fits(globs: readonly string[] | null, name: string): boolean {
  return globs === null || matchesGlob(globs, name);
}

/** Does a verdict pass the filters of a rule? */
export function concerns(rule: Rule, entry: VerdictEntry): boolean {
  return (
    severities.indexOf(entry.severity) <= severities.indexOf(rule.atLeast) &&
    fits(rule.controls, entry.control) &&
    inSections(rule.sections, entry.number) &&
    (rule.nodes === null || (entry.node !== null && matchesGlob(rule.nodes, entry.node))) &&
    (rule.namespaces === null || matchesGlob(rule.namespaces, namespaceOf(entry)))
  );
}

function inSections(sections: readonly string[] | null, number: string): boolean {
  return (
    sections === null ||
    sections.some((one) => one === sectionOf(number) || one === number || number.startsWith(`${one}.`)) ||
    matchesGlob(sections, number)
  );
}

/** The namespace that a subject of the cluster is or lies in, else ''. */
export function namespaceOf({ node, subject }: Pick<VerdictEntry, 'node' | 'subject'>): string {
  return node === null ? partsOf(subject).namespace : '';
}
