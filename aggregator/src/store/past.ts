import type { Observation, RanWith, Versions } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Circumstance } from './circumstances.ts';
import { purgedKey } from './differences.ts';
import { type FactRow, observationOf, selectFacts } from './intervals.ts';
import type { ObjectRow } from './objects.ts';
import { ranWith } from './ran-with.ts';

/** A node, or the cluster (id 0, no name), as it was judged at an instant. */
export interface JudgedAs extends Circumstance {
  readonly id: number;
  readonly name: string | null;
}

/** Versions as they were known. Kubelets that nobody told are under ''. */
export interface VersionsThen {
  readonly cluster: Versions;
  readonly kubelets: Readonly<Record<string, number>>;
}

/** What was known at an instant, in milliseconds: all that judging reads. Never writes. */
export interface Past {
  /** The oldest instant of which all is known: when the first circumstance began, or up to when history was purged; undefined when nothing was ever judged. */
  first(): number | undefined;
  /** Every node that was judged, and the cluster where it was. */
  judgedAs(at: number): readonly JudgedAs[];
  /** The versions of an instant: by which the cluster was judged, and how many nodes by which kubelet; undefined where nobody recorded them. */
  versions(at: number): VersionsThen | undefined;
  /** What lay in the places of the cluster, slice by slice; a slice takes a few milliseconds. */
  objects(at: number): Generator<readonly ObjectRow[]>;
  observations(node: number, at: number): readonly Observation[];
  /** Observations of one fact, and what tells their content apart from another. */
  fact(
    node: number,
    fact: string,
    at: number,
  ): { readonly content: string; readonly read: () => readonly Observation[] };
  /** What processes of a node had read of their configuration files when they started, by what was known at the instant. */
  ran(node: number, at: number): RanWith;
  /** What tells the observations of a node apart from those of another: equal where they are. */
  content(node: number, at: number): string;
}

/** Rows of the table that one slice looks at. */
const mostAtOnce = 500;
const then = '"from" <= ? AND (until IS NULL OR until > ?)';

// Texts and values are stored once: equal ids are equal contents. The digest of what ended is not kept.
const told = "state || ' ' || ifnull(detail, '') || ' ' || ifnull(value, '')";
const ofFact = 'fact = (SELECT id FROM text WHERE body = ?)';

/** The past on a reading connection. */
export function past(db: Database): Past {
  const ran = ranWith(db);
  const first = db.prepare<[], number | null>('SELECT min("from") FROM circumstance').pluck();
  const together = db.prepare<[number, number], { isCluster: number; count: number; json: string }>(
    `SELECT c.node = 0 AS isCluster, count(*) AS count, v.json FROM circumstance c JOIN fact_value v ON v.id = c.value
     WHERE ${then} GROUP BY c.node = 0, c.value`,
  );
  const purged = db.prepare<[], string>(`SELECT value FROM known WHERE key = '${purgedKey}'`).pluck();
  const judged = db.prepare<[number, number], { id: number; name: string | null; value: number; json: string }>(
    `SELECT c.node AS id, n.name, c.value, v.json FROM circumstance c JOIN fact_value v ON v.id = c.value LEFT JOIN node n ON n.id = c.node
     WHERE ${then} ORDER BY n.name`,
  );
  const objects = db.prepare<
    [number, number, number],
    Omit<ObjectRow, 'json'> & { readonly id: number; readonly json: string | null }
  >(
    `SELECT o.id, r.body AS resource, p.body AS place, CASE WHEN ${then} THEN v.json END AS json
     FROM (SELECT * FROM object WHERE id > ? ORDER BY id LIMIT ${mostAtOnce}) o
     JOIN text r ON r.id = o.resource JOIN text p ON p.id = o.place JOIN fact_value v ON v.id = o.value ORDER BY o.id`,
  );
  const observations = db.prepare<[number, number, number], FactRow>(
    `${selectFacts} AND ${then} ORDER BY f.body, s.body`,
  );
  const oneFact = db.prepare<[number, string, number, number], FactRow>(
    `${selectFacts} AND ${ofFact} AND ${then} ORDER BY s.body`,
  );
  const factContents = db
    .prepare<[number, string, number, number], string>(
      `SELECT ${told} FROM fact WHERE node = ? AND ${ofFact} AND ${then} ORDER BY subject`,
    )
    .pluck();
  const contents = db
    .prepare<[number, number, number], string>(
      `SELECT ${told} FROM fact WHERE node = ? AND ${then} ORDER BY fact, subject`,
    )
    .pluck();
  const keys = db
    .prepare<[number, number, number], string>(
      `SELECT fact || ' ' || subject FROM fact WHERE node = ? AND ${then} ORDER BY fact, subject`,
    )
    .pluck();
  return {
    first() {
      const began = first.get() ?? undefined;
      return began === undefined ? undefined : Math.max(began, Number(purged.get() ?? 0));
    },
    judgedAs(at) {
      // Most nodes are judged alike: what they share is read once.
      const known = new Map<number, Circumstance>();
      return judged.all(at, at).map(({ id, name, value, json }) => {
        const circumstance = known.get(value) ?? (JSON.parse(json) as Circumstance);
        known.set(value, circumstance);
        return { ...circumstance, id, name };
      });
    },
    versions(at) {
      const kubelets: Record<string, number> = {};
      let cluster: Versions | undefined;
      for (const { isCluster, count, json } of together.all(at, at)) {
        const { versions } = JSON.parse(json) as Circumstance;
        if (isCluster === 1) cluster = versions;
        else kubelets[versions.kubelet ?? ''] = (kubelets[versions.kubelet ?? ''] ?? 0) + count;
      }
      return cluster && { cluster, kubelets };
    },
    *objects(at) {
      for (let after = 0; ; ) {
        const rows = objects.all(at, at, after);
        const last = rows.at(-1);
        if (!last) return;
        after = last.id;
        yield rows.flatMap(({ resource, place, json }) => (json === null ? [] : [{ resource, place, json }]));
      }
    },
    observations: (node, at) => observations.all(node, at, at).map(observationOf),
    fact: (node, fact, at) => ({
      content: factContents.all(node, fact, at, at).join(),
      read: () => oneFact.all(node, fact, at, at).map(observationOf),
    }),
    ran: (node, at) => (fact, subject) => ran(node, fact, subject, at),
    content: (node, at) => `${keys.all(node, at, at).join()} ${contents.all(node, at, at).join()}`,
  };
}
