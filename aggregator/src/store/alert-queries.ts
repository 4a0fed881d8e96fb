import type { Database } from 'better-sqlite3';
import type { AlertMessage } from '../alert/message.ts';
import type { Detail } from '../alert/problem.ts';
import { type AlertContent, alertContent } from './alert-content.ts';
import { type AlertRecord, type AlertRow, type AlertState, alertOf } from './alert-row.ts';

/** Which alerts, youngest first. Absent filters let everything through; times are milliseconds. */
export interface AlertQuery {
  readonly states?: readonly AlertState[];
  readonly rule?: string;
  readonly node?: string;
  /** Slugs. */
  readonly controls?: readonly string[];
  /** Those that were not over before this instant. */
  readonly from?: number;
  /** Those that began before it. */
  readonly to?: number;
  /** Only alerts older than this one, by id. */
  readonly before?: number;
  readonly limit: number;
}

/** A place of an alert; `closed` is null while it is wrong. */
export interface AlertPlace {
  readonly place: string;
  readonly node: string | null;
  readonly subject: string;
  readonly opened: number;
  readonly closed: number | null;
  readonly why: string | null;
  readonly detail: Detail;
}

/** What was told of an alert. */
export interface KeptMessage {
  readonly message: AlertMessage;
  readonly receivers: readonly string[];
}

/** Questions to the alerts; never writes. */
export interface AlertQueries extends Pick<AlertContent, 'content'> {
  list(query: AlertQuery): readonly AlertRecord[];
  get(key: string): AlertRecord | undefined;
  /** Places of an alert in their order, after one of them. */
  places(alert: number, after: string, limit: number): readonly AlertPlace[];
  messages(alert: number): readonly KeptMessage[];
  counts(): readonly {
    readonly rule: string;
    readonly severity: string;
    readonly state: string;
    readonly count: number;
  }[];
}

/** The queries on a reading connection. */
export function alertQueries(db: Database): AlertQueries {
  const get = db.prepare<[string], AlertRow>('SELECT * FROM alert WHERE key = ?');
  const places = db.prepare<[number, string, number], Omit<AlertPlace, 'detail'> & { readonly detail: string }>(
    `SELECT p.place, p.node, p.subject, p.opened, p.closed, p.why, d.json AS detail FROM alert_place p
     JOIN alert_detail d ON d.id = p.detail WHERE p.alert = ? AND p.place > ? ORDER BY p.place LIMIT ?`,
  );
  const messages = db.prepare<[number], { readonly body: string; readonly receivers: string }>(
    'SELECT body, receivers FROM alert_message WHERE alert = ? ORDER BY revision',
  );
  const counts = db.prepare<[], { rule: string; severity: string; state: string; count: number }>(
    "SELECT rule, severity, state, count(*) AS count FROM alert WHERE state <> 'resolved' GROUP BY rule, severity, state",
  );
  return {
    content: alertContent(db).content,
    list(query) {
      const { text, values } = listSql(query);
      return db
        .prepare<unknown[], AlertRow>(text)
        .all(...values)
        .map(alertOf);
    },
    get(key) {
      const row = get.get(key);
      return row && alertOf(row);
    },
    places: (alert, after, limit) =>
      places.all(alert, after, limit).map(({ detail, ...same }) => ({ ...same, detail: JSON.parse(detail) as Detail })),
    messages: (alert) =>
      messages.all(alert).map(({ body, receivers }) => ({
        message: JSON.parse(body) as AlertMessage,
        receivers: JSON.parse(receivers) as string[],
      })),
    counts: () => counts.all(),
  };
}

function listSql(query: AlertQuery): { readonly text: string; readonly values: readonly unknown[] } {
  const where: string[] = [];
  const values: unknown[] = [];
  const add = (text: string, value: unknown) => {
    where.push(text);
    values.push(value);
  };
  const place = (text: string) => `EXISTS (SELECT 1 FROM alert_place p WHERE p.alert = alert.id AND ${text})`;
  const inList = '(SELECT value FROM json_each(?))';
  if (query.states) add(`state IN ${inList}`, JSON.stringify(query.states));
  if (query.rule !== undefined) add('rule = ?', query.rule);
  if (query.node !== undefined) add(place('p.node = ?'), query.node);
  if (query.controls) add(place(`p.control IN ${inList}`), JSON.stringify(query.controls));
  if (query.from !== undefined) add('(ended IS NULL OR ended >= ?)', query.from);
  if (query.to !== undefined) add('started < ?', query.to);
  if (query.before !== undefined) add('id < ?', query.before);
  values.push(query.limit);
  return {
    text: `SELECT * FROM alert ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`,
    values,
  };
}
