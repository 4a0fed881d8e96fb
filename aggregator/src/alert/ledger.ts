import type { AlertRecord } from '../store/alert-row.ts';
import type { AlertTable, OpenPlace } from '../store/alert-table.ts';
import { alertKey, changeDigest } from './labels.ts';
import type { Problem, Step } from './problem.ts';
import type { Rule } from './rules.ts';

/** Nobody waits longer for the first message than so many quiet times. */
const mostWaits = 5;
/** Nodes that change alike join an alert until none has for so many windows: a rollout is one alert. */
const rollout = 15;
/** Follow-ups come at growing distance, up to so many windows. */
const mostSpacing = 16;
/** Leaving an alert that goes on is told later than joining it. */
const leaving = 5;
/** Who begins again within this long after the end flaps, and is believed to have ended only after `flappingHold`. */
const flapsWithin = 600_000;
const flappingHold = 300_000;

/** Books what went wrong and what ended, and decides when alerts take their next step. All inside a transaction of the caller. */
export interface Ledger {
  apply(rule: Rule, step: Step, now: number): void;
  /** Ends a place, by whatever rule. */
  end(place: OpenPlace, rule: Rule, step: Extract<Step, { kind: 'close' }>, now: number): void;
}

/** The least distance between the last message of an alert and the next. */
export function spacing({ revision }: Pick<AlertRecord, 'revision'>, { group }: Pick<Rule, 'group'>): number {
  return group * Math.min(mostSpacing, 2 ** Math.max(0, revision - 1));
}

/** The ledger over a table. */
export function ledger(table: AlertTable): Ledger {
  return {
    end,
    apply(rule, step, now) {
      if (step.kind === 'raise') {
        raise(rule, step.problem, now);
        return;
      }
      const place = table.openPlace(rule.name, step.place);
      if (!place) return;
      switch (step.kind) {
        case 'close':
          end(place, rule, step, now);
          return;
        case 'move':
          table.amend(place, step.detail);
          tellSoon(alertOf(place), rule, now, now);
          return;
        case 'lose':
        case 'see':
          table.lose(place, step.kind === 'lose');
      }
    },
  };

  function alertOf(place: OpenPlace): AlertRecord {
    const found = table.get(place.alert);
    if (!found) throw new Error(`the alert ${place.alert} of ${place.place} is gone`);
    return found;
  }

  function raise(rule: Rule, problem: Problem, now: number): void {
    if (table.openPlace(rule.name, problem.place)) return;
    const change = changeDigest(problem);
    const found = table.unresolved(rule.name, change).find((one) => joins(one, rule, problem, now));
    const alert = found ?? begin(rule, problem, change, now);
    table.open(alert.id, rule.name, problem);
    const flaps = alert.flaps + Number(alert.holding);
    const joined = table.patch(alert.id, { open: alert.open + 1, joined: now, holding: false, ended: null, flaps });
    if (alert.state === 'gathering') {
      const delay = problem.ripe - problem.at;
      const due = Math.min(Math.max(now, problem.ripe) + rule.wait, alert.created + delay + mostWaits * rule.wait);
      table.patch(alert.id, { due });
      return;
    }
    tellSoon(alert.holding ? { ...joined, due: null } : joined, rule, problem.ripe, now);
  }

  function joins(alert: AlertRecord, rule: Rule, problem: Problem, now: number): boolean {
    if (alert.state === 'gathering' || table.had(alert.id, problem.place)) return true;
    return now - alert.joined <= rule.group * (problem.joins === 'slowly' ? rollout : 1);
  }

  function begin(rule: Rule, { at, detail, place }: Problem, change: string, now: number): AlertRecord {
    const last = table.lastResolved(rule.name, change);
    const again = last !== undefined && now - (last.ended ?? 0) < flapsWithin;
    return table.create({
      ...{ key: alertKey(rule.name, change, at, `${place} ${now} ${last?.id}`), rule: rule.name, change },
      ...{ state: 'gathering', severity: rule.severity ?? detail.severity, title: detail.says, labels: null },
      ...{ receivers: rule.receivers, started: at, created: now, joined: now, changed: at, ended: null, due: null },
      ...{ holding: false, open: 0, flaps: again ? last.flaps + 1 : 0, revision: 0, toldAt: null, told: null },
    });
  }

  /** A follow-up: not before it is worth one, and not sooner after the last message than messages may follow each other. */
  function tellSoon(alert: AlertRecord, rule: Rule, ripe: number, now: number): void {
    if (alert.state !== 'firing') return;
    const soonest = Math.max(Math.max(now, ripe) + rule.wait, (alert.toldAt ?? 0) + spacing(alert, rule));
    table.patch(alert.id, { due: Math.min(alert.due ?? soonest, soonest) });
  }

  function end(place: OpenPlace, rule: Rule, { why, at }: Extract<Step, { kind: 'close' }>, now: number): void {
    const alert = alertOf(place);
    table.close(place, why, at);
    const open = alert.open - 1;
    if (alert.state === 'gathering') {
      table.patch(alert.id, { open });
    } else if (open === 0) {
      const hold = alert.flaps > 0 ? Math.max(rule.resolveAfter, flappingHold) : rule.resolveAfter;
      table.patch(alert.id, { open, holding: true, ended: at, due: now + hold });
    } else {
      const later = now + leaving * spacing(alert, rule);
      table.patch(alert.id, { open, due: Math.min(alert.due ?? later, later) });
    }
  }
}
