import type { AlertTable } from '../../store/alert-table.ts';
import { changeDigest } from '../labels.ts';
import type { Ledger } from '../ledger.ts';
import { watchers } from '../on/index.ts';
import type { Look } from '../on/watcher.ts';
import type { Step } from '../problem.ts';
import type { RuleOn } from '../rule-spec.ts';
import type { Rule } from '../rules.ts';
import type { Level } from './level.ts';

/** What a sweep looks at and books in. */
export interface SweepParts {
  readonly table: AlertTable;
  readonly books: Ledger;
  readonly look: Look;
  readonly levels: Partial<Readonly<Record<RuleOn, Level>>>;
}

/** Looks at what no entry tells of: levels, and places that nobody saw for a while. What there is to book comes back, to be done in a transaction. */
export function sweeper({ table, books, look, levels }: SweepParts) {
  return (rules: readonly Rule[], now: number): readonly (() => void)[] =>
    [...unseen(rules, now), ...levelSteps(rules, now)].map(
      ({ rule, step }) =>
        () =>
          books.apply(rule, step, now),
    );

  function unseen(rules: readonly Rule[], now: number): readonly Booked[] {
    return table.unseen().flatMap((place) => {
      const rule = rules.find((one) => one.name === place.rule);
      const steps = rule && watchers[rule.on]?.again?.(place, look, now);
      return rule && steps ? steps.map((step) => ({ rule, step })) : [];
    });
  }

  function levelSteps(rules: readonly Rule[], now: number): readonly Booked[] {
    return rules.flatMap((rule) => {
      const problems = levels[rule.on]?.problems(rule, now);
      return problems ? difference(rule, problems, now) : [];
    });
  }

  function difference(rule: Rule, problems: Parameters<typeof placesOf>[0], now: number): readonly Booked[] {
    const wrong = placesOf(problems);
    const open = new Map(table.openOfRule(rule.name).map((one) => [one.place, one]));
    const closed = [...open.values()].flatMap((one): readonly Booked[] => {
      const still = wrong.get(one.place);
      const alert = table.get(one.alert);
      if (still && alert?.change === changeDigest(still)) return [];
      const why = still ? 'moved' : 'fixed';
      return [{ rule, step: { kind: 'close', place: one.place, why, at: now } }];
    });
    const gone = new Set(closed.map(({ step }) => (step.kind === 'raise' ? '' : step.place)));
    const raised = [...wrong.values()].filter(({ place }) => !open.has(place) || gone.has(place));
    return [...closed, ...raised.map((problem): Booked => ({ rule, step: { kind: 'raise', problem } }))];
  }
}

interface Booked {
  readonly rule: Rule;
  readonly step: Step;
}

function placesOf(problems: NonNullable<ReturnType<Level['problems']>>) {
  return new Map(problems.map((one) => [one.place, one]));
}
