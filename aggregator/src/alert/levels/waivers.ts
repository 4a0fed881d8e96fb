import type { DecisionRecord } from '../../store/decision-table.ts';
import { type Problem, placeOf } from '../problem.ts';
import type { Level } from './level.ts';

/** How long somebody hears of a waiver that is over and was not removed. */
const rememberedMs = 7 * 86_400_000;

/** Waivers and attestations that end soon, and those that ended. */
export function waiverLevel(all: () => readonly DecisionRecord[]): Level {
  return {
    problems: (rule, now) =>
      all()
        .filter(({ until, expires }) => (until === null || until >= expires) && expires > now - rememberedMs)
        .filter(({ expires }) => expires <= now + rule.within)
        .map((one) => problemOf(one, now)),
  };
}

function problemOf({ kind, decision, expires }: DecisionRecord, now: number): Problem {
  const ended = expires <= now;
  const day = new Date(expires).toISOString();
  const name = `${kind} ${decision.id}`;
  return {
    place: placeOf(kind, decision.id, day),
    node: null,
    subject: `${name} (${decision.control})`,
    detail: {
      control: null,
      severity: 'medium',
      before: null,
      after: null,
      values: [
        { fact: kind, subject: `${name} (${decision.control})`, key: 'expires', from: null, to: day, origin: null },
      ],
      says: ended
        ? `Decisions of ${decision.owner} have ended: what they covered counts again.`
        : `Decisions of ${decision.owner} end soon.`,
    },
    change: placeOf(ended ? 'ended' : 'ends', decision.owner),
    joins: 'at-once',
    at: now,
    ripe: now,
  };
}
