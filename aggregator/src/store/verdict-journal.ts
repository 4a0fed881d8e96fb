import type { Database } from 'better-sqlite3';
import type { Cause, JournalWriter, Side } from './journal.ts';
import type { LineStates } from './line-state.ts';
import type { LineKey, LineTable } from './line-table.ts';
import type { OpenVerdict } from './open-verdicts.ts';
import { equalRows, statusNumbers, type VerdictContent, type VerdictRow } from './verdict-row.ts';

/** What one writing of verdicts is told: of which node, when, and why everything in it changes if that is known. */
export interface Writing {
  /** Node id; 0 the cluster. */
  readonly node: number;
  readonly at: number;
  readonly cause: Cause | undefined;
  /** Current verdicts before, and lines of the new ones. */
  readonly current: readonly OpenVerdict[];
  readonly rows: readonly VerdictRow[];
}

/** Decides which changes of verdicts are told, and why they came about. */
export interface VerdictJournal {
  /** Drops what is remembered, after a rollback. */
  forget(): void;
  begin(writing: Writing): {
    changed(before: OpenVerdict | undefined, after: VerdictRow | undefined): void;
  };
}

/** Reasons of errors that say that nobody could look: what was known before still counts. */
const blindReasons: readonly string[] = [
  'stale',
  'no-agent',
  'rbac-denied',
  'stale-watch',
  'not-observed',
  'no-cluster',
];

/** A component that comes back within this long restarted. */
const restartMs = 15 * 60_000;

const pass = statusNumbers.indexOf('pass');
const notApplicable = statusNumbers.indexOf('not-applicable');
const error = statusNumbers.indexOf('error');
/** Nothing was there to judge, or it could not be: so it is while a process restarts. */
const away = ({ status }: VerdictContent) => status === notApplicable || status === error;
const says = (a: VerdictContent, b: VerdictContent) =>
  equalRows({ ...a, valid_until: null }, { ...b, valid_until: null });
const calm = (one: VerdictContent | undefined) =>
  one === undefined || one.status === pass || one.status === notApplicable;

/** The journal of the verdicts of one writing connection. */
export function verdictJournal(
  db: Database,
  lines: LineTable,
  states: LineStates,
  journal: JournalWriter,
): VerdictJournal {
  const idOf = db.prepare<[string], number>('SELECT id FROM text WHERE body = ?').pluck();
  const past = db.prepare<[number, number, number], OpenVerdict>(
    `SELECT id, line, subject, status, reason, message, evidence, valid_until, "from" FROM verdict
     WHERE line = ? AND node = ? AND subject = ? AND until IS NOT NULL ORDER BY "from" DESC LIMIT 4`,
  );
  const recent = db.prepare<[number, number, number, number], OpenVerdict>(
    `SELECT id, line, subject, status, reason, message, evidence, valid_until, "from" FROM verdict
     WHERE line = ? AND node = ? AND subject = ? AND until > ? ORDER BY "from" DESC LIMIT 6`,
  );
  const everJudged = db.prepare<[number, number], { reason: number; status: number }>(
    'SELECT DISTINCT reason, status FROM verdict WHERE line = ? AND node = ? AND until IS NOT NULL LIMIT 20',
  );
  const blindIds = new Map<string, number>();
  const blind = (one: Pick<VerdictContent, 'status' | 'reason'>) =>
    one.status === error && blindReasons.some((reason) => (blindIds.get(reason) ?? learn(reason)) === one.reason);

  return {
    forget() {
      blindIds.clear();
    },
    begin({ node, at, cause = 'observed', current, rows }) {
      const keyOf = (line: number) => {
        const key = lines.byId(line);
        return key ? `${key.benchmark} ${key.number}` : '';
      };
      const before = sightOf(current, keyOf);
      const after = sightOf(rows, keyOf);
      return { changed };

      function changed(old: OpenVerdict | undefined, now: VerdictRow | undefined): void {
        const line = now?.line ?? old?.line ?? 0;
        const told = judgeOf(old, now);
        if (told === undefined) return;
        const subject = now?.subject ?? old?.subject ?? 0;
        const { before: was, cause: why } = told;
        journal.append({
          at,
          node,
          kind: 'verdict',
          cause: why,
          what: line,
          subject,
          before: sideOf(was),
          after: sideOf(now),
        });
      }

      function judgeOf(old: OpenVerdict | undefined, now: VerdictRow | undefined): Told | undefined {
        if (!now) return old && ended(old);
        return old ? moved(old, now) : begun(now);
      }

      function moved(old: OpenVerdict, now: VerdictRow): Told | undefined {
        if (blind(now)) return blind(old) ? undefined : silenced(old);
        if (blind(old)) return returned(now);
        if (lines.byId(old.line)?.ruleset !== lines.byId(now.line)?.ruleset) {
          return old.status === now.status && calm(now) ? undefined : { before: old, cause: 'ruleset' };
        }
        const from = away(old) ? (recentlyKnown(now) ?? old) : old;
        if (from.status === now.status && (calm(now) || says(from, now))) return undefined;
        return { before: from, cause };
      }

      function begun(now: VerdictRow): Told | undefined {
        const known = node === 0 ? knownOfCluster(now.line) : knownOfNode(now.line);
        if (blind(now)) return known === 'never' ? undefined : silenced(undefined);
        switch (known) {
          case 'never':
            return undefined;
          case 'otherwise':
            return calm(now) ? undefined : { before: undefined, cause: 'ruleset' };
          case 'blind':
            return returned(now);
          case 'seen':
            return node === 0 ? { before: undefined, cause } : cameBack(now);
        }
      }

      function ended(old: OpenVerdict): Told | undefined {
        if (blind(old)) return silenced(old);
        return node === 0 ? endedInCluster(old) : endedOnNode(old);
      }

      function endedInCluster(old: OpenVerdict): Told | undefined {
        return knownOfCluster(old.line) === 'seen' ? { before: old, cause } : undefined;
      }

      function endedOnNode(old: OpenVerdict): Told | undefined {
        const there = after.get(keyOf(old.line));
        // Everything ends with a node that is gone; that is one change.
        if (there?.blind || rows.length === 0) return undefined;
        if (!there) return calm(old) ? undefined : { before: old, cause: 'ruleset' };
        return { before: old, cause };
      }

      function silenced(old: OpenVerdict | undefined): Told | undefined {
        return node === 0 ? { before: old, cause: 'silence' } : undefined;
      }

      /** What was gone for a moment, as with a process that restarts, goes on from what was known of it. */
      function cameBack(now: VerdictRow): Told | undefined {
        const before = recentlyKnown(now);
        return before && calm(before) && calm(now) ? undefined : { before, cause };
      }

      function recentlyKnown(now: VerdictRow): OpenVerdict | undefined {
        const known = idsOf(now.line).flatMap((line) => recent.all(line, node, now.subject, at - restartMs));
        return youngest(known.filter((one) => !away(one)));
      }

      /** After a silence: news only where it differs from what was known before. */
      function returned(now: VerdictRow): Told | undefined {
        const known = lastKnown(now);
        if (known) {
          return known.status === now.status ? undefined : { before: known, cause };
        }
        return wasJudged(now) ? { before: undefined, cause } : undefined;
      }

      function knownOfNode(line: number): 'never' | 'otherwise' | 'blind' | 'seen' {
        const there = before.get(keyOf(line));
        if (there) return there.blind ? 'blind' : 'seen';
        return before.size > 0 ? 'otherwise' : 'never';
      }

      function knownOfCluster(line: number): 'never' | 'otherwise' | 'blind' | 'seen' {
        const state = states.of(lines.byId(line));
        if (state === undefined) return 'never';
        return state === 'whole' ? 'seen' : 'blind';
      }

      function lastKnown(now: VerdictRow): OpenVerdict | undefined {
        const known = idsOf(now.line).flatMap((line) => past.all(line, node, now.subject));
        return youngest(known.filter((one) => !blind(one)));
      }

      function wasJudged(now: VerdictRow): boolean {
        return idsOf(now.line).some((line) => everJudged.all(line, node).some((one) => !blind(one)));
      }
    },
  };

  /** Texts are kept once; a reason that nothing has yet has no id. */
  function learn(reason: string): number | undefined {
    const id = idOf.get(reason);
    if (id !== undefined) blindIds.set(reason, id);
    return id;
  }

  /** Lines with a verdict, by their keys, and whether all of it is blind. */
  function sightOf(all: readonly (VerdictContent & { readonly line: number })[], keyOf: (line: number) => string) {
    const found = new Map<string, { readonly blind: boolean }>();
    for (const one of all) {
      const key = keyOf(one.line);
      if (found.get(key)?.blind !== false) found.set(key, { blind: blind(one) });
    }
    return found;
  }

  function idsOf(line: number): readonly number[] {
    const key: LineKey | undefined = lines.byId(line);
    return key ? lines.ids(key) : [];
  }
}

interface Told {
  readonly before: OpenVerdict | undefined;
  readonly cause: Cause;
}

function youngest(all: readonly OpenVerdict[]): OpenVerdict | undefined {
  return all.reduce<OpenVerdict | undefined>((a, b) => (a && a.from >= b.from ? a : b), undefined);
}

function sideOf(one: VerdictContent | undefined): Side | undefined {
  return one && { state: one.status, word: one.reason, message: one.message, value: one.evidence };
}
