import { findDocument, isSystemNamespace } from '@plumbline/core';
import { loadPack } from '@plumbline/proto';
import pino, { type Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { startAlerting } from './alert/alerts.ts';
import { startTelling } from './alert/start-telling.ts';
import { openAccess, readAccess } from './api/access.ts';
import type { ApiParts, NodeListState } from './api/parts.ts';
import { reports } from './api/reports.ts';
import { buildApi } from './api/server.ts';
import { kubeClient } from './cluster/kube-client.ts';
import { startRecorder } from './cluster/recorder.ts';
import { type AggregatorOptions, checked, defaultOptions, mebibyte, usualInterval } from './config.ts';
import { historyOf, startKeeping } from './history/keeping.ts';
import { defaultLimits } from './ingest/limits.ts';
import { IngestCounters } from './ingest/metrics.ts';
import { startIngest } from './ingest/server.ts';
import { controlPlaneVersions } from './judging/control-plane-version.ts';
import { startJudging } from './judging/judging.ts';
import { silenceOf, silentIntervals } from './judging/presence.ts';
import { recordedCluster as recorded, recordedReports } from './judging/recorded-cluster.ts';
import { watchJudging } from './metrics/judging-watch.ts';
import { createMetrics } from './metrics/metrics.ts';
import { nodeCounts } from './metrics/node-counts.ts';
import { type Following, followCluster, watchNotice } from './nodes/follow-cluster.ts';
import { rejudgedParts } from './past/rejudged-parts.ts';
import { rejudgings } from './past/rejudgings.ts';
import { startScanning } from './scans/scanning.ts';
import type { NodeRecord } from './store/node-table.ts';
import { openStore } from './store/store.ts';
import { watchExpiry } from './waivers/expiry.ts';
import { decisionPorts } from './waivers/ports.ts';
import { answers, certificatesOf, identityOf, listenOn, storeSource, text, warn } from './wiring.ts';

/** A running aggregator. */
export interface Aggregator {
  /** `http://127.0.0.1:8080`. */
  readonly restAddress: string;
  /** `127.0.0.1:8443`. */
  readonly grpcAddress: string;
  /** Judges everything that waits now. */
  settle(): Promise<void>;
  /** Looks at the files of the certificate now instead of within ten seconds. */
  checkCertificates(): void;
  /** Drains: not ready, streams ended, requests answered, database closed. */
  close(): Promise<void>;
}

/** How long judging waits for the cluster to tell its nodes and version; longer, and what is known must do. */
const learnWithinMs = 5000;
const checkpointMs = 300_000;
const version: string = manifest.version;

/**
 * Starts everything and resolves when both ports listen. Throws coded errors: PLB_CONFIG_INVALID, PLB_VERSION_INVALID,
 * PLB_BENCHMARK_UNKNOWN, PLB_STORE_CORRUPT, PLB_STORE_SCHEMA, PLB_STORE_BUSY, PLB_STORE_WRITE, and PackError for broken benchmarks.
 */
export async function startAggregator(given: Partial<AggregatorOptions>, logger?: Logger): Promise<Aggregator> {
  const options = checked({ ...defaultOptions, ...given });
  const log = logger ?? pino({ level: options.logLevel });
  const pack = options.benchmarks === undefined ? loadPack() : loadPack(options.benchmarks);
  const benchmark = options.benchmark === undefined ? undefined : findDocument(pack, options.benchmark).benchmark;
  const access =
    options.tokensFile === undefined ? openAccess : readAccess(text(options.tokensFile), options.tokensFile);
  const certificates = certificatesOf(options, log);
  const store = await openStore(options.database, options.nodeQuota * mebibyte);
  const ending: (() => Promise<void> | void)[] = [() => store.close(), () => certificates?.stop()];
  const end = async () => {
    for (const step of ending.splice(0).reverse()) await step();
  };
  try {
    return await run();
  } catch (error) {
    await end();
    throw error;
  }

  async function run(): Promise<Aggregator> {
    const clock = Date.now;
    const startedAt = clock();
    store.rememberProgram(version, startedAt);
    const interval = (options.interval ?? usualInterval) * 1000;
    const ingestCounters = new IngestCounters();
    let draining = false;
    let following: Following | undefined;
    const failed = (error: unknown) => log.error({ err: error }, 'a task failed and will be tried again');

    const client = options.cluster ? await kubeClient(options.cluster) : undefined;
    const presence = (node: NodeRecord) => silenceOf(node, clock(), interval, startedAt) ?? 'reporting';
    const versions = controlPlaneVersions(store, options, client !== undefined);
    const nodeList = (): NodeListState => {
      if (!following) return { source: 'agents', synced: true, lastEventAt: null, error: null };
      const { phase, lastEventAt, error } = following.nodes.state();
      return { source: 'cluster', synced: phase === 'synced', lastEventAt, error };
    };
    const clusterName = options.clusterName ?? client?.name ?? null;
    const outbox = store.outbox;
    const alerting = startAlerting({ file: options.alertsFile, outbox, clock, cluster: clusterName, log, failed });
    ending.push(alerting.stop);
    const judgingWatch = watchJudging(store, clock);
    const decided = decisionPorts(store, clusterName, clock);
    const expiry = watchExpiry(store.decisions, decided.standing, clock, failed);
    ending.push(expiry.stop);
    const telling = startTelling({
      ...{ store, pack, clock, failed, cluster: clusterName, coverage: decided.coverage },
      url: options.publicUrl ?? null,
      ...{ outbox, configured: alerting.file.current() },
      reports: () => counting,
      caughtUp: () => judging.caughtUp(),
    });
    alerting.file.onChange(telling.configure);
    ending.push(telling.stop);
    const metrics = createMetrics({
      version,
      clock,
      documents: () => counting.summary().documents,
      controls: () => counting.controls(),
      decisions: decided.standing.counts,
      nodes: () => counting.nodes(),
      presence,
      nodesKnown: () => nodeList().synced,
      nodeCounts: nodeCounts((node) => counting.node(node)),
      nodeSeries: options.nodeSeries,
      nodeQuota: options.nodeQuota * mebibyte,
      expiring: (within) => store.expired(clock(), clock() + within).length,
      ingest: ingestCounters,
      judging: judgingWatch,
      caughtUp: () => judging.caughtUp(),
      ...storeSource(options.database, store.size),
      certificates: certificates?.state,
      watches: () => following?.reports() ?? [],
      requests: () => client?.requests() ?? [],
      receivers: alerting.delivery.receivers,
      deliveries: () => alerting.counters.all(alerting.delivery.receivers()),
      alertsFileBroken: () => alerting.file.error() !== null,
      alerts: telling.queries,
      alertsFired: () => telling.fired,
      alertRules: () => telling.rules().map((one) => one.name),
      history: () => historyOf(store, keeping.state()),
    });
    const resources = () =>
      following?.reports() ?? (options.recordedObjects ? recordedReports(options.recordedObjects) : []);
    const scanning = startScanning({
      ...{ store, clock, version, presence, nodeList, resources, failed },
      within: options.scanWithin * 1000,
      counting: () => counting,
      connected: () => ingest.nodes(),
      lookNow: (token) => ingest.lookNow(token),
      settle: () => judging.settle(),
      caughtUp: () => judging.caughtUp(),
    });
    ending.push(scanning.stop);
    const parts: ApiParts = {
      ...scanning,
      pack,
      queries: store.queries,
      drift: store.drift,
      journal: store.journal,
      verdictsBetween: store.verdictsBetween,
      nodes: store.nodes.all,
      presence,
      clockSkew: (node) => ingestCounters.skewSeconds.get(node) ?? null,
      ...decided,
      alerts: telling,
      clusterName,
      controlPlaneVersion: () => versions.current() ?? null,
      controlPlaneFrom: () => versions.source() ?? null,
      versionsAt: store.past.versions,
      fallbackVersion: options.kubernetesVersion ?? null,
      nodeList,
      resources,
      exclusions: options.excludeNamespaces,
      isSystemNamespace: (name) => isSystemNamespace(options.systemNamespaces, name),
      readiness: {
        store: () => answers(store.ping),
        verdicts: () => (judging.caughtUp() ? null : 'what is stored has not been judged yet'),
        serving: () => (draining ? 'it is shutting down' : null),
      },
      notices: {
        history: () => keeping.state().problem,
        'node-list': () => (nodeList().synced ? nodeList().error : (nodeList().error ?? 'not listed yet')),
        alerts: alerting.notice,
        ...(client ? { watches: () => watchNotice(following?.reports() ?? []) } : {}),
      },
      rejudged: async (at, one) => rejudgedParts(await again.of(at, one ?? benchmark), store.past, parts),
      metrics: metrics.text,
      requested: metrics.requested,
      clock,
      generation: store.generation,
      access,
      delivery: { ...alerting.delivery, deliveries: outbox.deliveries, fileError: alerting.file.error },
      version,
    };
    const counting = reports(parts);
    const again = rejudgings({
      ...{ past: store.past, pack, clock, generation: store.generation, failed },
      system: options.systemNamespaces,
      exclude: options.excludeNamespaces,
      ...(!client && options.recordedObjects ? { recorded: options.recordedObjects } : {}),
      // Before everything was judged once, too little may be known to store it.
      stored: async () => (judging.caughtUp() ? following?.stored() : undefined),
    });
    ending.push(again.close);

    const learnt = Promise.withResolvers<void>();
    const enough = setTimeout(learnt.resolve, client ? learnWithinMs : 0);
    ending.push(() => clearTimeout(enough), learnt.resolve);
    const judging = startJudging({
      store: judgingWatch.store,
      pack,
      clock,
      controlPlaneVersion: versions.current,
      versionSource: versions.source,
      fallbackVersion: options.kubernetesVersion,
      benchmark,
      interval,
      hold: learnt.promise,
      nodesListed: () => following?.nodes.state().phase === 'synced',
      systemNamespaces: options.systemNamespaces,
      excludeNamespaces: options.excludeNamespaces,
      changed: metrics.changed,
      judged: metrics.judged,
      failed,
    });
    ending.push(judging.stop);
    const keeping = startKeeping({
      ...{ store, reports: counting, clock, failed, ready: judging.caughtUp },
      ...{ retention: options.retention, exportDir: options.exportDir },
    });
    ending.push(keeping.stop);
    const checkpoint = setInterval(() => answers(store.checkpoint), checkpointMs);
    ending.push(() => clearInterval(checkpoint));

    if (client) {
      const recorder = startRecorder({ sink: store.objects, clock, failed });
      following = followCluster({
        recorder,
        client,
        store,
        clock,
        options,
        clusterNodes: judging.clusterNodes,
        nodeChanged: judging.node,
        versionChanged(news) {
          if (versions.told(news)) judging.all();
        },
        restarted(resource, reason) {
          metrics.watchRestarted(resource, reason);
          log.warn({ resource, reason }, 'a watch of the API server begins again');
        },
        failed,
      });
      following.first.then(learnt.resolve, failed);
      judging.look({ ...following.cluster, synced: following.first, stored: following.stored });
      ending.push(() => client.close(), following.stop, recorder.stop);
    }

    if (!client) store.objects.end(startedAt);
    if (!client && options.recordedObjects) judging.look(recorded(options.recordedObjects, judging.clusterNodes));

    const api = await buildApi(parts, log, certificates);
    ending.push(() => api.close());
    const ingest = await startIngest({
      log: store.log,
      identity: identityOf(options, client),
      address: options.grpcListen,
      ...(certificates ? { tls: { certificates } } : {}),
      // The store itself tells judging what it committed.
      onCommitted: () => undefined,
      ...{ onAnswered: scanning.onAnswered, wanted: scanning.wanted },
      onError: (error, node) => log.error({ err: error, node }, 'a stream failed'),
      metrics: ingestCounters,
      interval: options.interval,
      limits: { idle: Math.max(defaultLimits.idle, silentIntervals * interval) },
    });
    ending.push(ingest.close);
    const restAddress = await api.listen(listenOn(options));
    const grpcAddress = `${options.grpcListen.slice(0, options.grpcListen.lastIndexOf(':'))}:${ingest.port}`;
    warn(options, log);
    log.info({ restAddress, grpcAddress, cluster: client?.server ?? null }, 'the aggregator listens');
    return {
      restAddress,
      grpcAddress,
      settle: judging.settle,
      checkCertificates: () => certificates?.check(),
      async close() {
        draining = true;
        await end();
      },
    };
  }
}
