import type { Database } from 'better-sqlite3';
import type { AlertMessage } from '../alert/message.ts';
import type { Detail, Ending, Problem } from '../alert/problem.ts';
import { type AlertContent, alertContent } from './alert-content.ts';
import { type AlertPatch, type AlertRecord, type AlertRow, alertOf, cellsOf } from './alert-row.ts';
import { digestOf } from './intern.ts';

/** A place that is wrong now. */
export interface OpenPlace {
  readonly alert: number;
  readonly rule: string;
  readonly place: string;
  readonly node: string | null;
  readonly subject: string;
  readonly control: string | null;
  readonly opened: number;
  readonly detail: Detail;
}

/** Alerts as the engine keeps them. Writes happen inside a transaction of the caller; reads see what it wrote. */
export interface AlertTable extends AlertContent {
  /** Up to which entry the journal was read; undefined before the first time. */
  cursor(): number | undefined;
  moveCursor(entry: number): void;
  get(id: number): AlertRecord | undefined;
  /** Alerts of a change that are not resolved, youngest first. */
  unresolved(rule: string, change: string): readonly AlertRecord[];
  /** Every alert that is not resolved. */
  allUnresolved(): readonly AlertRecord[];
  /** The one of a change that ended last. */
  lastResolved(rule: string, change: string): AlertRecord | undefined;
  create(alert: Omit<AlertRecord, 'id'>): AlertRecord;
  patch(id: number, patch: AlertPatch): AlertRecord;
  remove(id: number): void;
  due(now: number): readonly AlertRecord[];
  nextDue(): number | null;
  /** The place, if it is wrong now. */
  openPlace(rule: string, place: string): OpenPlace | undefined;
  openOfNode(node: string): readonly OpenPlace[];
  openOfAlert(alert: number): readonly OpenPlace[];
  openOfRule(rule: string): readonly OpenPlace[];
  /** Those of a control in the cluster that somebody saw last. */
  openInCluster(rule: string, control: string): readonly OpenPlace[];
  /** Places of which somebody must look whether they still are wrong. */
  unseen(): readonly OpenPlace[];
  open(alert: number, rule: string, problem: Problem): void;
  amend(place: OpenPlace, detail: Detail): void;
  lose(place: OpenPlace, unseen: boolean): void;
  close(place: OpenPlace, why: Ending, at: number): void;
  /** Whether the place was part of the alert, wrong or not. */
  had(alert: number, place: string): boolean;
  keep(alert: number, message: AlertMessage, receivers: readonly string[]): void;
  /** Forgets alerts that were resolved before an instant, at most 1,000 at once. */
  prune(before: number): number;
}

interface PlaceRow extends Omit<OpenPlace, 'detail'> {
  readonly detail: string;
}

const openPlaces = `SELECT p.alert, p.rule, p.place, p.node, p.subject, p.control, p.opened, d.json AS detail
  FROM alert_place p JOIN alert_detail d ON d.id = p.detail WHERE p.closed IS NULL`;

/** The alerts of one writing connection. */
export function alertTable(db: Database): AlertTable {
  const sql = statements(db);
  const get = (id: number) => rowOf(sql.get.get(id));
  const detailId = (detail: Detail) => {
    const json = JSON.stringify(detail);
    const digest = digestOf(json);
    return sql.findDetail.get(digest) ?? Number(sql.addDetail.run(digest, json).lastInsertRowid);
  };
  const places = (rows: readonly PlaceRow[]) => rows.map(placeOfRow);
  return {
    ...alertContent(db),
    cursor: () => sql.cursor.get(),
    moveCursor: (entry) => void sql.moveCursor.run(entry),
    get,
    unresolved: (rule, change) => sql.unresolved.all(rule, change).map(alertOf),
    allUnresolved: () => sql.allUnresolved.all().map(alertOf),
    lastResolved: (rule, change) => rowOf(sql.lastResolved.get(rule, change)),
    create(alert) {
      const { lastInsertRowid } = sql.create.run(cellsOf(alert));
      return { ...alert, id: Number(lastInsertRowid) };
    },
    patch(id, patch) {
      const before = get(id);
      if (!before) throw new Error(`there is no alert ${id}`);
      const after = { ...before, ...patch };
      sql.update.run({ ...cellsOf(after), id });
      return after;
    },
    remove(id) {
      sql.dropPlaces.run(id);
      sql.drop.run(id);
      sql.orphans.run();
    },
    due: (now) => sql.due.all(now).map(alertOf),
    nextDue: () => sql.nextDue.get() ?? null,
    openPlace: (rule, place) => places(sql.place.all(rule, place))[0],
    openOfNode: (node) => places(sql.ofNode.all(node)),
    openOfAlert: (alert) => places(sql.ofAlert.all(alert)),
    openOfRule: (rule) => places(sql.ofRule.all(rule)),
    openInCluster: (rule, control) => places(sql.inCluster.all(rule, control)),
    unseen: () => places(sql.unseen.all()),
    open(alert, rule, { place, node, subject, detail, at, ripe, unseen }) {
      const cells = [alert, place, rule, node, subject, detail.control?.control ?? null, detailId(detail)];
      sql.open.run(...cells, Number(unseen ?? false), at, ripe);
    },
    amend: ({ alert, place }, detail) => void sql.amend.run(detailId(detail), alert, place),
    lose: ({ alert, place }, unseen) => void sql.lose.run(Number(unseen), alert, place),
    close: ({ alert, place }, why, at) => void sql.close.run(at, why, alert, place),
    had: (alert, place) => sql.had.get(alert, place) !== undefined,
    keep(alert, message, receivers) {
      const { revision, status, changedAt } = message;
      sql.keep.run(alert, revision, status, changedAt, JSON.stringify(receivers), JSON.stringify(message));
    },
    prune(before) {
      const old = sql.old.all(before);
      for (const id of old) {
        sql.dropPlaces.run(id);
        sql.dropMessages.run(id);
        sql.drop.run(id);
      }
      if (old.length > 0) sql.orphans.run();
      return old.length;
    },
  };
}

function rowOf(row: AlertRow | undefined): AlertRecord | undefined {
  return row && alertOf(row);
}

function placeOfRow({ detail, ...same }: PlaceRow): OpenPlace {
  return { ...same, detail: JSON.parse(detail) as Detail };
}

const mutable = [
  ...['state', 'severity', 'title', 'labels', 'receivers', 'started', 'joined', 'changed', 'ended', 'due', 'holding'],
  ...['open', 'flaps', 'revision', 'told_at', 'told'],
];
const columns = ['key', 'rule', 'change', 'created', ...mutable];

function statements(db: Database) {
  const list = (where: string) => db.prepare<unknown[], PlaceRow>(`${openPlaces} AND ${where} ORDER BY p.place`);
  return {
    cursor: db.prepare<[], number>('SELECT entry FROM alert_cursor').pluck(),
    moveCursor: db.prepare<[number]>('INSERT OR REPLACE INTO alert_cursor (id, entry) VALUES (1, ?)'),
    get: db.prepare<[number], AlertRow>('SELECT * FROM alert WHERE id = ?'),
    unresolved: db.prepare<[string, string], AlertRow>(
      "SELECT * FROM alert WHERE rule = ? AND change = ? AND state <> 'resolved' ORDER BY id DESC",
    ),
    allUnresolved: db.prepare<[], AlertRow>("SELECT * FROM alert WHERE state <> 'resolved' ORDER BY id"),
    lastResolved: db.prepare<[string, string], AlertRow>(
      "SELECT * FROM alert WHERE rule = ? AND change = ? AND state = 'resolved' ORDER BY ended DESC LIMIT 1",
    ),
    create: db.prepare(`INSERT INTO alert (${columns}) VALUES (${columns.map((one) => `@${one}`)})`),
    update: db.prepare(`UPDATE alert SET ${mutable.map((one) => `${one} = @${one}`)} WHERE id = @id`),
    drop: db.prepare<[number]>('DELETE FROM alert WHERE id = ?'),
    dropPlaces: db.prepare<[number]>('DELETE FROM alert_place WHERE alert = ?'),
    dropMessages: db.prepare<[number]>('DELETE FROM alert_message WHERE alert = ?'),
    orphans: db.prepare(
      'DELETE FROM alert_detail WHERE NOT EXISTS (SELECT 1 FROM alert_place WHERE detail = alert_detail.id)',
    ),
    due: db.prepare<[number], AlertRow>('SELECT * FROM alert WHERE due <= ? ORDER BY due, id LIMIT 100'),
    nextDue: db.prepare<[], number>('SELECT min(due) FROM alert WHERE due IS NOT NULL').pluck(),
    place: list('p.rule = ? AND p.place = ?'),
    ofNode: list('p.node = ?'),
    ofAlert: list('p.alert = ?'),
    ofRule: list('p.rule = ?'),
    inCluster: list('p.rule = ? AND p.control = ? AND p.node IS NULL AND p.unseen = 0'),
    unseen: list('p.unseen = 1'),
    findDetail: db.prepare<[Buffer], number>('SELECT id FROM alert_detail WHERE digest = ?').pluck(),
    addDetail: db.prepare<[Buffer, string]>('INSERT INTO alert_detail (digest, json) VALUES (?, ?)'),
    open: db.prepare(
      `INSERT OR REPLACE INTO alert_place (alert, place, rule, node, subject, control, detail, unseen, opened, ripe)
       VALUES (?,?,?,?,?,?,?,?,?,?)`,
    ),
    amend: db.prepare<[number, number, string]>('UPDATE alert_place SET detail = ? WHERE alert = ? AND place = ?'),
    lose: db.prepare<[number, number, string]>('UPDATE alert_place SET unseen = ? WHERE alert = ? AND place = ?'),
    close: db.prepare<[number, string, number, string]>(
      'UPDATE alert_place SET closed = ?, why = ? WHERE alert = ? AND place = ?',
    ),
    had: db.prepare<[number, string]>('SELECT 1 FROM alert_place WHERE alert = ? AND place = ?'),
    keep: db.prepare('INSERT INTO alert_message (alert, revision, status, at, receivers, body) VALUES (?,?,?,?,?,?)'),
    old: db
      .prepare<[number], number>(
        "SELECT id FROM alert WHERE state = 'resolved' AND ended < ? ORDER BY ended LIMIT 1000",
      )
      .pluck(),
  };
}
