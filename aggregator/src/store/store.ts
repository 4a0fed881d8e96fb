import { statSync } from 'node:fs';
import type { Observation, RanWith } from '@plumbline/core';
import type { ObservationLog } from '../ingest/log.ts';
import { type AlertStore, alertStore } from './alert-store.ts';
import { type AuditLog, auditLog } from './audit.ts';
import { type Circumstance, circumstances } from './circumstances.ts';
import { type VerdictsBetween, verdictsBetween } from './consequences.ts';
import { type DecisionTable, decisionTable } from './decision-table.ts';
import { type DriftQueries, driftQueries } from './drift.ts';
import { type EndedIntervals, type Exported, endedIntervals, rememberExported } from './ended.ts';
import { type FindingQueries, findingQueries } from './finding-query.ts';
import { bytesInUse } from './growth.ts';
import { interner } from './intern.ts';
import { factIntervals } from './intervals.ts';
import { type Journal, type NodePresence, openJournal, presences } from './journal.ts';
import { judgingCauses } from './judging-causes.ts';
import type { LineKey } from './line-table.ts';
import { type NodeTable, nodeTable } from './node-table.ts';
import { objectJournal } from './object-journal.ts';
import { type ObjectLog, objectLog } from './object-log.ts';
import { objectIntervals } from './objects.ts';
import { observationLog } from './observation-log.ts';
import { openDatabase } from './open.ts';
import type { VerdictPart } from './open-verdicts.ts';
import { type OutboxStore, outboxStore } from './outbox.ts';
import { type Past, past } from './past.ts';
import { type Purging, purging } from './purging.ts';
import { ranWith } from './ran-with.ts';
import { type ScanTable, scanTable } from './scans.ts';
import { type ScheduleTable, scheduleTable } from './schedules.ts';
import { type Scores, scoreTable } from './scores.ts';
import { type Vacuum, vacuum } from './vacuum.ts';
import {
  type JudgedNode,
  type MatchedFinding,
  type VerdictChange,
  type VerdictPlace,
  verdictTable,
} from './verdict-table.ts';
import { transactor } from './writer.ts';

/** Everything that is remembered. Writes throw PLB_STORE_WRITE when the disk refuses; reading goes on then. */
export interface Store {
  /** The side of ingest. */
  readonly log: ObservationLog;
  readonly nodes: NodeTable;
  /** Who did what and when. */
  readonly audit: AuditLog;
  /** Waivers and attestations. */
  readonly decisions: DecisionTable;
  /** Reads of the API, on a connection that cannot write. */
  readonly queries: FindingQueries;
  readonly drift: DriftQueries;
  readonly verdictsBetween: VerdictsBetween;
  /** Intervals that ended, for an export before they are purged. */
  readonly ended: EndedIntervals;
  rememberExported(exported: Exported): void;
  /** Forgets history by age. */
  readonly purging: Purging;
  /** What of the file holds nothing. */
  readonly vacuum: Vacuum;
  /** Scores of days and months. */
  readonly scores: Scores;
  /** What the cluster shows. Verdicts on the cluster are written together with all that was taken before. */
  readonly objects: ObjectLog;
  /** What was known at an instant, on the connection that cannot write. */
  readonly past: Past;
  /**
   * Makes these the current verdicts of a node, by name, or of the cluster (null), and remembers what it was judged as: null where it is not
   * judged any more, nothing new when absent.
   */
  judge(
    node: string | null,
    findings: readonly MatchedFinding[],
    at: number,
    as?: Circumstance | null,
  ): readonly VerdictChange[];
  readonly scans: ScanTable;
  readonly schedules: ScheduleTable;
  /** The same for a part of them: what is not in the part is neither read nor written. Every finding belongs to the part. */
  judgePart(
    node: string | null,
    part: VerdictPart,
    findings: readonly MatchedFinding[],
    at: number,
  ): readonly VerdictChange[];
  /** All of a line of the cluster was judged by what was seen of it. Before, what appears on it is no change. */
  lineJudged(line: LineKey): void;
  /** Nobody can look at a line of the cluster any more; what was known of it still counts. */
  lineBlind(line: LineKey): void;
  /** How a node is present now; told where it is another than before. */
  present(node: string, presence: NodePresence, at: number): void;
  /** Every change, in the order of commits. */
  readonly journal: Journal;
  /** Messages for receivers of alerts, and what became of them. */
  readonly outbox: OutboxStore;
  /** What is told of them. */
  readonly alerts: AlertStore;
  /** Remembers what the cluster is judged as from now on. */
  judgeClusterAs(as: Circumstance, at: number): void;
  /** Subjects of the cluster with a current verdict on a line. */
  judgedSubjects(line: LineKey): readonly string[];
  /** Current observations of a node; empty when it is unknown. */
  observations(node: string): readonly Observation[];
  /** What processes of a node read of their configuration files when they started, by its own history. */
  ran(node: string): RanWith;
  /** Those of one fact: `content` is the same while they are. */
  fact(node: string, fact: string): { readonly content: string; readonly read: () => readonly Observation[] };
  /** The API server's version as the cluster last told it, so that a restart judges by it at once. */
  controlPlaneVersion(): string | undefined;
  rememberControlPlaneVersion(version: string): void;
  /** Says which version of the program judges from now on, so that a comparison can tell a change of it from one of a node. */
  rememberProgram(version: string, at: number): void;
  /** Forgets all verdicts; judging anew brings the current ones back. */
  dropVerdicts(): void;
  /** Nodes with a current verdict that stopped being valid in the half-open time (after, now], in milliseconds. */
  expired(after: number, now: number): readonly string[];
  /** Verdicts of the cluster that stopped being valid in that time. */
  expiredInCluster(after: number, now: number): readonly VerdictPlace[];
  /** Grows with every change of facts, nodes or verdicts: what was computed for one generation holds for it. */
  generation(): number;
  /** Size on disk in bytes; zeros in memory. */
  size(): { readonly database: number; readonly wal: number };
  /** Throws when the database does not answer. */
  ping(): void;
  /** Folds the write-ahead log into the database. */
  checkpoint(): void;
  onCommit(listener: (node: string, changed: boolean) => void): void;
  /** Statuses changed, right after the commit; null: all of them were dropped. */
  onJudged(listener: (changes: readonly VerdictChange[] | null) => void): void;
  close(): void;
}

/** Bytes that the words of one node may bring: years of an ordinary node, and a small part of any volume. */
export const usualNodeQuota = 256 * 1024 * 1024;

/**
 * Opens the store in a file, or in memory for `:memory:`. Throws PLB_STORE_CORRUPT, PLB_STORE_SCHEMA, PLB_STORE_BUSY and
 * PLB_STORE_WRITE.
 */
export async function openStore(file: string, nodeQuota = usualNodeQuota, clock = Date.now): Promise<Store> {
  const { writer, reader, close } = await openDatabase(file);
  const intern = interner(writer);
  const facts = factIntervals(writer, intern);
  const nodes = nodeTable(writer);
  const { journal, writer: journalWriter } = openJournal(writer, reader, (work) => transact(work));
  const verdicts = verdictTable(writer, intern, journalWriter);
  const transact = transactor(writer, {
    committed: journalWriter.committed,
    rolledBack() {
      forget();
      nodes.reload();
      journalWriter.forget();
      decisions.reload();
    },
  });
  /** Caches of ids. */
  function forget(): void {
    intern.forget();
    verdicts.forget();
  }
  function historyChanged(): void {
    generation++;
    era++;
  }
  const objects = objectIntervals(writer, intern);
  const seen = objectLog(transact, objects, objectJournal(writer, journalWriter, intern));
  const judgedAs = circumstances(writer, intern);
  const ran = ranWith(writer);
  const audit = auditLog(writer, reader, transact);
  const decisions = decisionTable({ writer, reader }, audit, transact, () => {
    generation++;
  });
  const inUse = bytesInUse(writer);
  const recall = writer.prepare<[string], { value: string }>('SELECT value FROM known WHERE key = ?');
  const remember = writer.prepare<[string, string]>('INSERT OR REPLACE INTO known (key, value) VALUES (?, ?)');
  const addProgram = writer.prepare<[string, number]>('INSERT INTO program (version, "from") VALUES (?, ?)');
  const listeners: ((node: string, changed: boolean) => void)[] = [];
  const told: ((changes: readonly VerdictChange[] | null) => void)[] = [];
  let generation = 0;
  let era = 0;
  const queries = findingQueries(reader, { generation: () => generation, era: () => era, touched: verdicts.touched });
  const causes = judgingCauses();
  // A clock that was set back must not end intervals before they began.
  let judgedAt = verdicts.latest();
  const committed = (node: string, changed: boolean) => {
    if (changed) generation++;
    for (const listener of listeners) listener(node, changed);
  };
  /** Verdicts and their evidence grow from what a node says, so the node pays for them. */
  const charge = (node: string, bytes: number) => {
    const paid = nodes.get(node)?.storedBytes ?? 0;
    if (bytes > 0) nodes.patch(node, { storedBytes: paid + bytes });
  };
  const judged = (name: string | null, at: number, write: (node: JudgedNode, at: number) => VerdictChange[]) => {
    const record = name === null ? undefined : nodes.get(name);
    const id = name === null ? 0 : record?.id;
    if (id === undefined) return [];
    judgedAt = Math.max(judgedAt, at);
    let written: () => void = () => undefined;
    const changes = transact(() => {
      if (name === null) written = seen.within();
      const before = inUse();
      const replaced = write({ id, name, cause: causes.of(record ?? null) }, judgedAt);
      if (name !== null) {
        charge(name, inUse() - before);
        nodes.patch(name, { judgedAgent: nodes.get(name)?.agentVersion ?? null });
      }
      return replaced;
    });
    causes.judged(name);
    written();
    generation++;
    for (const listener of told) listener(changes);
    return changes;
  };
  return {
    log: observationLog({ transact, nodes, facts, journal: journalWriter, committed, inUse, nodeQuota }),
    nodes: {
      ...nodes,
      ensure: (name, at) => transact(() => nodes.ensure(name, at)),
      patch(name, patch) {
        transact(() => nodes.patch(name, patch));
        generation++;
      },
    },
    audit,
    decisions,
    queries,
    drift: driftQueries(reader),
    verdictsBetween: verdictsBetween(reader),
    scores: scoreTable(writer, transact),
    ended: endedIntervals(reader),
    rememberExported: (exported) => transact(() => rememberExported(writer, exported)),
    vacuum: vacuum(writer),
    purging: purging({ db: writer, intern, transact, forget, inUse, nodes, journal, changed: historyChanged }),
    objects: seen,
    past: past(reader),
    judge: (node, findings, at, as) =>
      judged(node, at, (one, now) => {
        if (as !== undefined) judgedAs.put(one.id, as, now);
        return verdicts.replace(one, findings, now);
      }),
    judgeClusterAs(as, at) {
      judgedAt = Math.max(judgedAt, at);
      transact(() => judgedAs.put(0, as, judgedAt));
    },
    scans: scanTable({ writer, reader, transact, audit }),
    schedules: scheduleTable({ writer, reader, transact, audit }),
    judgePart: (node, part, findings, at) =>
      judged(node, at, (one, now) => verdicts.replacePart(one, part, findings, now)),
    lineJudged(line) {
      if (!verdicts.isWhole(line)) transact(() => verdicts.lineJudged(line));
    },
    lineBlind(line) {
      if (verdicts.isWhole(line)) transact(() => verdicts.lineBlind(line));
    },
    present(node, presence, at) {
      const record = nodes.get(node);
      if (!record || record.presence === presence) return;
      const side = (one: NodePresence | null) => (one === null ? undefined : { state: presences.indexOf(one) });
      transact(() => {
        nodes.patch(node, { presence });
        // A node that comes and reports is no change of it.
        if (record.presence === null && presence === 'reporting') return;
        const sides = { before: side(record.presence), after: side(presence) };
        const when = Math.max(judgedAt, at);
        journalWriter.append({
          at: when,
          node: record.id,
          kind: 'presence',
          cause: 'observed',
          what: null,
          subject: null,
          ...sides,
        });
      });
      generation++;
    },
    journal,
    outbox: outboxStore(writer, reader, transact, clock),
    alerts: alertStore(writer, reader, transact),
    judgedSubjects: (line) => verdicts.subjects(0, line),
    observations: (node) => facts.read(nodes.get(node)?.id ?? -1),
    ran: (node) => (fact, subject) => ran(nodes.get(node)?.id ?? -1, fact, subject, Number.MAX_SAFE_INTEGER),
    fact: (node, fact) => facts.ofFact(nodes.get(node)?.id ?? -1, fact),
    controlPlaneVersion: () => recall.get('controlPlaneVersion')?.value,
    rememberControlPlaneVersion(version) {
      transact(() => remember.run('controlPlaneVersion', version));
    },
    rememberProgram(version, at) {
      const before = queries.programAt(Number.MAX_SAFE_INTEGER);
      if (before === version) return;
      transact(() => addProgram.run(version, at));
      if (before !== undefined) causes.programChanged();
    },
    dropVerdicts() {
      transact(() => verdicts.drop());
      historyChanged();
      for (const listener of told) listener(null);
    },
    expired(after, now) {
      const ids = new Set(verdicts.expired(after, now));
      return ids.size === 0 ? [] : nodes.all().flatMap((one) => (ids.has(one.id) ? [one.name] : []));
    },
    expiredInCluster: verdicts.expiredPlaces,
    generation: () => generation,
    size: () => ({ database: sizeOf(file), wal: sizeOf(`${file}-wal`) }),
    ping: () => void reader.pragma('schema_version'),
    checkpoint: () => void writer.pragma('wal_checkpoint(TRUNCATE)'),
    onCommit: (listener) => void listeners.push(listener),
    onJudged: (listener) => void told.push(listener),
    close,
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
