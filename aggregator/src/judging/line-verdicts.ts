import { type Choice, type ClusterEntry, type ClusterJudge, type Finding, type Pack, subjectOf } from '@plumbline/core';
import type { Store } from '../store/store.ts';
import type { VerdictChange } from '../store/verdict-table.ts';
import { broken, matched } from './cluster-verdicts.ts';
import { type Breathe, turns } from './turns.ts';

/** What judging the lines of one document on one cluster rests on. */
export interface LineVerdictsParts {
  readonly store: Pick<Store, 'judgePart' | 'judgedSubjects' | 'lineJudged' | 'lineBlind'>;
  readonly pack: Pack;
  readonly choice: Choice;
  readonly judge: ClusterJudge;
  /** Names of the namespaces there are. */
  readonly namespaces: () => readonly string[];
  readonly hasNamespace: (name: string) => boolean;
  readonly clock: () => number;
  readonly changed: (changes: readonly VerdictChange[]) => void;
  readonly failed: (error: unknown) => void;
  readonly stopped: () => boolean;
}

/** Judges lines and stores what is new, in slices. A survey that throws costs only its own findings. */
export interface LineVerdicts {
  /** One finding that stands for the whole line. */
  blocked(line: ClusterEntry, finding: Finding): Promise<void>;
  /** The whole line; between slices `between` may judge what is more urgent, and false ends it early. */
  whole(line: ClusterEntry, between: () => Promise<boolean>): Promise<void>;
  /** A line on some namespaces; those that are gone or excluded lose their findings. */
  some(line: ClusterEntry, names: readonly string[]): Promise<void>;
}

/** Findings that are written in one transaction. */
const mostAtOnce = 250;

const named = (name: string) => subjectOf('namespace', '', name);

/** The verdicts on the lines of one document. */
export function lineVerdicts(parts: LineVerdictsParts): LineVerdicts {
  const { store, pack, choice, judge } = parts;
  const breathe: Breathe = turns();
  return {
    blocked(line, finding) {
      if (!parts.stopped()) store.lineBlind(keyOf(line));
      return settle(line, [finding]);
    },
    async whole(line, between) {
      if (line.survey?.each !== 'namespace') {
        await settle(
          line,
          guarded(line, 'cluster', () => judge.judge(line)),
        );
        whole(line);
        return;
      }
      const names = parts.namespaces().filter((name) => !judge.isExcluded(name));
      for (let at = 0; at < names.length; at += mostAtOnce) {
        await on(line, names.slice(at, at + mostAtOnce));
        if (!(await between())) return;
      }
      await retire(line, new Set(names.map(named)));
      whole(line);
    },
    async some(line, names) {
      const there = names.filter((name) => parts.hasNamespace(name) && !judge.isExcluded(name));
      await on(line, there);
      const gone = names.filter((name) => !there.includes(name));
      if (gone.length > 0) write(line, gone.map(named), []);
    },
  };

  function whole(line: ClusterEntry): void {
    if (!parts.stopped()) store.lineJudged(keyOf(line));
  }

  async function on(line: ClusterEntry, names: readonly string[]): Promise<void> {
    const findings: Finding[] = [];
    for (const name of names) {
      findings.push(...guarded(line, named(name), () => judge.judgeNamespace(line, name)));
      await breathe();
    }
    write(line, names.map(named), findings);
    await breathe();
  }

  /** Makes these the findings of a line, all of them. */
  async function settle(line: ClusterEntry, findings: readonly Finding[]): Promise<void> {
    await breathe();
    for (let at = 0; at < findings.length; at += mostAtOnce) {
      write(line, [], findings.slice(at, at + mostAtOnce));
      await breathe();
    }
    await retire(line, new Set(findings.map((one) => one.subject)));
  }

  /** Ends the verdicts on subjects that are no more. */
  async function retire(line: ClusterEntry, kept: ReadonlySet<string>): Promise<void> {
    if (parts.stopped()) return;
    const gone = store.judgedSubjects(keyOf(line)).filter((subject) => !kept.has(subject));
    for (let at = 0; at < gone.length; at += mostAtOnce) {
      write(line, gone.slice(at, at + mostAtOnce), []);
      await breathe();
    }
  }

  function write(line: ClusterEntry, subjects: readonly string[], findings: readonly Finding[]): void {
    const all = new Set([...subjects, ...findings.map((one) => one.subject)]);
    // The store may be closed by now.
    if (all.size === 0 || parts.stopped()) return;
    const part = { line: keyOf(line), subjects: [...all] };
    parts.changed(store.judgePart(null, part, matched(findings, choice), parts.clock()));
  }

  function guarded(line: ClusterEntry, subject: string, ask: () => readonly Finding[]): readonly Finding[] {
    try {
      return ask();
    } catch (error) {
      parts.failed(error);
      return [broken(pack, choice, line, subject)];
    }
  }

  function keyOf({ entry }: ClusterEntry) {
    return { benchmark: choice.document.benchmark, number: entry.number };
  }
}
