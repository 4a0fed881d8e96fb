import type { CertificateState } from '../certificate-files.ts';
import type { IngestCounters } from '../ingest/metrics.ts';
import type { JudgingWatch } from './judging-watch.ts';
import type { MetricMaker } from './maker.ts';

/** How the program itself is doing. */
export interface ProgramSources {
  readonly version: string;
  readonly clock: () => number;
  readonly ingest: IngestCounters;
  readonly judging: JudgingWatch;
  /** Whether everything that was stored at the start has been judged since. */
  readonly caughtUp: () => boolean;
  /** Undefined for a database in memory. */
  readonly store:
    | (() => { readonly database: number; readonly wal: number; readonly free: number | undefined })
    | undefined;
  /** The server's certificate; undefined without TLS. */
  readonly certificates: (() => CertificateState) | undefined;
}

/** Version, judging, database, streams and certificate. */
export function programGauges(make: MetricMaker, sources: ProgramSources): void {
  const { version, ingest } = sources;
  make.gauge('plumbline_build_info', 'Version of this program.', ['version'], (set) => set({ version }, 1));
  judging(make, sources);
  store(make, sources);
  certificate(make, sources);
  make.gauge('plumbline_streams', 'Open streams of agents.', [], (set) => set({}, ingest.openStreams));
  make.counted('plumbline_commits_total', 'Messages of agents that were committed.', ['kind'], (add) => {
    for (const kind of ['snapshot', 'delta', 'heartbeat']) add({ kind }, ingest.commits.get(kind) ?? 0);
  });
  make.counted('plumbline_refusals_total', 'Messages of agents that were refused.', ['code'], (add) => {
    for (const [code, count] of ingest.refusals) add({ code }, count);
  });
}

function judging(make: MetricMaker, { judging, caughtUp, clock }: ProgramSources): void {
  make.gauge(
    'plumbline_judging_caught_up',
    '1 once everything that was stored at the start has been judged, 0 before.',
    [],
    (set) => set({}, Number(caughtUp())),
  );
  make.gauge('plumbline_nodes_unjudged', 'Nodes of which something changed that is not judged yet.', [], (set) =>
    set({}, judging.waiting().nodes),
  );
  make.gauge('plumbline_judging_lag_seconds', 'How long the oldest change of a node waits to be judged.', [], (set) => {
    const { since } = judging.waiting();
    set({}, since === null ? 0 : Math.max(0, clock() - since) / 1000);
  });
  make.gauge(
    'plumbline_cluster_last_judged_timestamp_seconds',
    'When a control of the cluster was last judged: nothing is judged again while nothing changes.',
    [],
    (set) => {
      const at = judging.lastJudged(null);
      if (at !== undefined) set({}, at / 1000);
    },
  );
}

function store(make: MetricMaker, { store }: ProgramSources): void {
  make.gauge('plumbline_store_bytes', 'Size of the database files; absent for one in memory.', ['file'], (set) => {
    if (!store) return;
    const { database, wal } = store();
    set({ file: 'database' }, database);
    set({ file: 'wal' }, wal);
  });
  make.gauge('plumbline_store_free_bytes', 'What the volume of the database has left.', [], (set) => {
    const free = store?.().free;
    if (free !== undefined) set({}, free);
  });
}

function certificate(make: MetricMaker, { certificates }: ProgramSources): void {
  const shown = (name: string, help: string, value: (state: CertificateState) => number) =>
    make.gauge(`plumbline_tls_${name}`, help, [], (set) => {
      if (certificates) set({}, value(certificates()));
    });
  shown('certificate_not_after_timestamp_seconds', 'End of the certificate in use.', (one) => one.notAfter / 1000);
  shown('certificate_broken', '1 while the files hold what cannot be used and an older certificate serves.', (one) =>
    Number(one.error !== null),
  );
  make.counted(
    'plumbline_tls_certificate_reloads_total',
    'Certificates that replaced another since the start.',
    [],
    (add) => {
      if (certificates) add({}, certificates().reloads);
    },
  );
}
