import type { AlertPatch, AlertRecord } from '../store/alert-row.ts';
import type { AlertTable, OpenPlace } from '../store/alert-table.ts';
import { compose, type Surroundings, sayingOf, worstOf } from './compose.ts';
import { spacing } from './ledger.ts';
import type { AlertMessage, Outbox } from './message.ts';
import type { Rule } from './rules.ts';

/** Takes the steps of alerts whose time has come. All inside a transaction of the caller. */
export interface Teller {
  /** The next step of one alert: tells, tells again, tells the end, or waits on. */
  take(alert: AlertRecord, rule: Rule, now: number): void;
  /** Ends an alert whose rule is no more. */
  abandon(alert: AlertRecord, now: number): void;
}

/** A regress that names a value carries its drift, if it came within this long. */
const togetherMs = 60_000;

/** The teller over a table; `rules` are all of them, `told` hears of each message. */
export function teller(
  table: AlertTable,
  outbox: Outbox,
  around: Surroundings,
  rules: () => readonly Rule[],
  told: (message: AlertMessage) => void,
): Teller {
  return {
    take(alert, rule, now) {
      if (alert.state === 'gathering') first(alert, rule, now);
      else if (alert.holding) resolve(alert, rule, now);
      else again(alert, rule, now);
    },
    abandon(alert, now) {
      const places = table.openOfAlert(alert.id);
      for (const place of places) table.close(place, 'rule-gone', now);
      if (alert.state === 'gathering') {
        table.remove(alert.id);
        return;
      }
      const ended = table.patch(alert.id, { open: 0, ended: now });
      const message = compose(ended, { on: 'regress' }, table.content(alert.id, null), 'resolved', now, around);
      tell(ended, { ...message, title: alert.title, summary: 'The rule of this alert is gone.' }, alert.receivers, {
        ...{ state: 'resolved', holding: false, due: null },
      });
    },
  };

  function first(before: AlertRecord, rule: Rule, now: number): void {
    const alert = rule.on === 'drift' ? withoutCarried(before, rule, now) : before;
    if (alert.open === 0) {
      table.remove(alert.id);
      return;
    }
    const content = table.content(alert.id, now);
    const next = nextStep(alert, rule, now);
    if (content.details.length === 0) {
      table.patch(alert.id, { due: next });
      return;
    }
    const severity = rule.severity ?? worstOf(content.details);
    const message = compose({ ...alert, severity }, rule, content, 'firing', now, around);
    tell(alert, message, rule.receivers, { state: 'firing', severity, labels: message.labels, due: next });
  }

  function again(alert: AlertRecord, rule: Rule, now: number): void {
    const content = table.content(alert.id, now);
    const due = nextStep(alert, rule, now);
    const message = compose(alert, rule, content, 'firing', now, around);
    if (content.details.length === 0 || sayingOf(message) === alert.told) table.patch(alert.id, { due });
    else tell(alert, message, rule.receivers, { due });
  }

  function resolve(alert: AlertRecord, rule: Rule, now: number): void {
    const message = compose(alert, rule, table.content(alert.id, null), 'resolved', now, around);
    tell(alert, message, rule.receivers, { state: 'resolved', holding: false, due: null });
  }

  function tell(alert: AlertRecord, message: AlertMessage, receivers: readonly string[], patch: AlertPatch): void {
    const { revision, title, changedAt } = message;
    const said = { revision, title, receivers, changed: changedAt, toldAt: changedAt, told: sayingOf(message) };
    table.patch(alert.id, { ...patch, ...said });
    table.keep(alert.id, message, receivers);
    if (receivers.length > 0) outbox.add(message, receivers);
    told(message);
  }

  /** Places that are not worth a message yet will be. */
  function nextStep(alert: AlertRecord, rule: Rule, now: number): number | null {
    const ripe = table.nextRipe(alert.id, now);
    if (ripe === null) return null;
    return alert.state === 'gathering' && table.content(alert.id, now).details.length === 0
      ? ripe + rule.wait
      : Math.max(ripe + rule.wait, now + spacing(alert, rule));
  }

  /** What a regress tells to the same people is not told twice. */
  function withoutCarried(alert: AlertRecord, rule: Rule, now: number): AlertRecord {
    const telling = rules().filter(
      (one) => one.on === 'regress' && rule.receivers.every((name) => one.receivers.includes(name)),
    );
    const carried = table.openOfAlert(alert.id).filter((place) => carries(place, telling));
    for (const place of carried) table.close(place, 'told-elsewhere', now);
    return carried.length === 0 ? alert : table.patch(alert.id, { open: alert.open - carried.length });
  }

  function carries(place: OpenPlace, telling: readonly Rule[]): boolean {
    if (place.node === null) return false;
    return table
      .openOfNode(place.node)
      .some(
        (one) =>
          telling.some((rule) => rule.name === one.rule) &&
          Math.abs(one.opened - place.opened) <= togetherMs &&
          one.detail.values.some((value) => value.subject === place.subject || value.origin?.includes(place.subject)),
      );
  }
}
