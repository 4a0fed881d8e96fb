import { setImmediate } from 'node:timers/promises';
import { type DecisionState, stateOf } from '@plumbline/core';
import type { DecisionKind, DecisionRecord, DecisionTable } from '../store/decision-table.ts';
import type { Meeting } from './control-cover.ts';
import type { Coverage } from './coverage.ts';

/** How a decision stands now. `lastMatchedAt` in milliseconds, null while there never was a finding that it is about. */
export interface DecisionStanding extends Meeting {
  readonly state: DecisionState;
  readonly why: string;
  readonly lastMatchedAt: number | null;
}

/** Tells how decisions stand, and remembers when each last was about something. */
export interface Standing {
  of(record: DecisionRecord): DecisionStanding;
  /** Decisions by state, without reading; whether one is about anything at all is then known from the last look at all of them. */
  counts(kind: DecisionKind): Readonly<Record<DecisionState, number>>;
  /** Looks at all of them and writes down what a restart must not forget, at most once a day each. */
  remember(): Promise<void>;
}

const dayMs = 86_400_000;

/** The standing of the decisions of one store. */
export function standing(
  decisions: Pick<DecisionTable, 'all' | 'lastMatched' | 'rememberMatched'>,
  coverage: Pick<Coverage, 'meets' | 'isAboutAny'>,
  clock: () => number,
): Standing {
  /** When each was last about a finding, and whether it is. */
  const seen = new Map<string, { readonly any: boolean; readonly at: number }>();

  function of(record: DecisionRecord, look = true): DecisionStanding {
    const { kind, decision, expires, from } = record;
    const key = `${kind} ${decision.id}`;
    const now = clock();
    const isOver = now >= expires;
    const meeting = isOver ? { open: 0, covers: 0 } : coverage.meets(record);
    const before = seen.get(key);
    const any = !isOver && (meeting.open > 0 || (look ? coverage.isAboutAny(record) : before?.any === true));
    const at = any ? now : (before?.at ?? 0);
    seen.set(key, { any, at });
    const last = Math.max(at, decisions.lastMatched(kind, decision.id));
    // An edit means other findings: its seven days begin again.
    const { state, why } = stateOf({ ...meeting, expires, any, lastMatchedAt: Math.max(last, from) }, now);
    return { ...meeting, state, why, lastMatchedAt: last === 0 ? null : last };
  }

  return {
    of: (record) => of(record),
    counts(kind) {
      const counts = { active: 0, unused: 0, expired: 0, ineffective: 0 };
      for (const record of decisions.all(kind)) counts[of(record, false).state]++;
      return counts;
    },
    async remember() {
      for (const record of [...decisions.all('waiver'), ...decisions.all('attestation')]) {
        const now = clock();
        const { lastMatchedAt } = of(record);
        const { kind, decision } = record;
        const stored = decisions.lastMatched(kind, decision.id);
        const isFresh = lastMatchedAt !== null && lastMatchedAt >= now;
        if (lastMatchedAt !== null && lastMatchedAt > stored && (!isFresh || lastMatchedAt - stored >= dayMs))
          decisions.rememberMatched(kind, decision.id, lastMatchedAt);
        await setImmediate();
      }
    },
  };
}
