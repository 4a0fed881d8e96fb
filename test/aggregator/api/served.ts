import pino from 'pino';
import { startTelling } from '../../../aggregator/src/alert/start-telling.ts';
import { type Access, openAccess } from '../../../aggregator/src/api/access.ts';
import type { HubLimits } from '../../../aggregator/src/api/events/hub.ts';
import type { ApiParts, ResourceStatus } from '../../../aggregator/src/api/parts.ts';
import { reports } from '../../../aggregator/src/api/reports.ts';
import type { Server } from '../../../aggregator/src/api/routes/route.ts';
import { buildApi } from '../../../aggregator/src/api/server.ts';
import type { JudgedCluster } from '../../../aggregator/src/judging/judged-cluster.ts';
import { startJudging } from '../../../aggregator/src/judging/judging.ts';
import { silenceOf } from '../../../aggregator/src/judging/presence.ts';
import { rejudgedParts } from '../../../aggregator/src/past/rejudged-parts.ts';
import { rejudgings } from '../../../aggregator/src/past/rejudgings.ts';
import { type Scanning, startScanning } from '../../../aggregator/src/scans/scanning.ts';
import type { NodeRecord } from '../../../aggregator/src/store/node-table.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { decisionPorts } from '../../../aggregator/src/waivers/ports.ts';
import { shippedPack } from '../../pack.ts';
import { freshFile, smallPack, start } from '../world.ts';

/** A whole aggregator but for its ports. */
export interface Served {
  readonly server: Server;
  readonly store: Store;
  readonly parts: ApiParts;
  /** The database. */
  readonly file: string;
  readonly scanning: Scanning;
  /** Nodes whose agents do not answer when a scan asks. */
  readonly mute: Set<string>;
  /** Judges everything that waits, at this many seconds after the start. */
  settle(seconds?: number): Promise<void>;
  /** GET of a path of the API as JSON. */
  get(path: string): Promise<{ readonly status: number; readonly body: never }>;
  /** Any other method, with a body as JSON. */
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: never }>;
  close(): Promise<void>;
}

/** How a test is served: by the small pack where no cluster is given, by the shipped one where one is. */
export interface Serving {
  readonly access?: Access;
  readonly onRoute?: Parameters<typeof buildApi>[3];
  readonly cluster?: JudgedCluster;
  /** Of the agents, in milliseconds: three without a message make a node stale. */
  readonly interval?: number;
  /** Every watched resource is known. */
  readonly whole?: true;
  /** Milliseconds that a scan may take. */
  readonly within?: number;
  /** Limits of the event stream. */
  readonly hub?: HubLimits;
}

const denied: ResourceStatus = {
  resource: 'roles',
  state: { state: 'denied', detail: 'roles are <forbidden>' },
  lastEventAt: null,
  objects: 0,
};

/** Serves a fresh store with the versions of Kubernetes 1.34. */
export async function serve(serving: Serving = {}): Promise<Served> {
  const { access = openAccess, onRoute, cluster, interval = 60_000, whole, within = 2000, hub } = serving;
  const file = freshFile();
  const store = await openStore(file);
  const pack = cluster ? shippedPack() : smallPack();
  let now = start;
  const clock = () => now;
  const judging = startJudging({
    store,
    pack,
    clock,
    controlPlaneVersion: () => 'v1.34.1',
    fallbackVersion: undefined,
    benchmark: undefined,
    interval,
    changed: () => undefined,
    judged: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  if (cluster) judging.look(cluster);
  const mute = new Set<string>();
  const sight = {
    presence: (node: NodeRecord) => silenceOf(node, now, interval, start) ?? ('reporting' as const),
    nodeList: () => ({ source: 'cluster' as const, synced: true, lastEventAt: start, error: null }),
    resources: () => [
      { resource: 'pods', state: { state: 'synced' as const }, lastEventAt: start, objects: 12 },
      ...(whole ? [] : [denied]),
    ],
  };
  const scanning = startScanning({
    ...sight,
    ...{ store, clock, within, version: '0.1.0', settle: judging.settle, caughtUp: judging.caughtUp },
    counting: () => counting,
    connected: () => [],
    lookNow(token) {
      for (const { name } of store.nodes.all()) if (!mute.has(name)) scanning.onAnswered(name, token);
    },
    failed: (error) => {
      throw error;
    },
  });
  const again = rejudgings({
    ...{ past: store.past, pack, clock, generation: store.generation, system: [], exclude: [] },
    stored: async () => cluster?.stored?.(),
    failed: (error) => {
      throw error;
    },
  });
  const decided = decisionPorts(store, '<b>test</b>', clock);
  const alerting = startTelling({
    ...{ store, pack, clock, cluster: 'test', coverage: decided.coverage, caughtUp: judging.caughtUp },
    url: null,
    outbox: { add: () => undefined },
    configured: { rules: [], receivers: [] },
    reports: () => counting,
    failed: (error) => {
      throw error;
    },
  });
  const parts: ApiParts = {
    ...(hub ? { hubLimits: hub } : {}),
    pack,
    queries: store.queries,
    drift: store.drift,
    journal: store.journal,
    verdictsBetween: store.verdictsBetween,
    nodes: store.nodes.all,
    ...decided,
    alerts: alerting,
    ...sight,
    ...scanning,
    clockSkew: (node) => (node === 'three' ? 86_400 : null),
    clusterName: '<b>test</b>',
    controlPlaneVersion: () => 'v1.34.1',
    controlPlaneFrom: () => 'cluster',
    versionsAt: store.past.versions,
    fallbackVersion: null,
    exclusions: ['sandbox-*'],
    isSystemNamespace: (name) => name === 'kube-system',
    rejudged: async (at, benchmark) => rejudgedParts(await again.of(at, benchmark), store.past, parts),
    readiness: { store: () => null },
    notices: { 'node-list': () => 'not listed yet' },
    metrics: async () => ({ type: 'text/plain', text: 'metrics\n' }),
    requested: () => undefined,
    clock,
    generation: store.generation,
    access,
    delivery: {
      receivers: () => [],
      test: async () => undefined,
      deliveries: store.outbox.deliveries,
      fileError: () => null,
    },
    version: '0.1.0',
  };
  const counting = reports(parts);
  const server = await buildApi(parts, pino({ level: 'silent' }), undefined, onRoute);
  return {
    server,
    ...{ store, parts, file, scanning, mute },
    async settle(seconds = 0) {
      now = start + seconds * 1000;
      await judging.settle();
      await alerting.engine.settle();
    },
    async get(path) {
      const answer = await server.inject({ url: path });
      return { status: answer.statusCode, body: answer.json() as never };
    },
    async send(method, path, body) {
      const answer = await server.inject({ method, url: path, ...(body ? { payload: body } : {}) });
      return { status: answer.statusCode, body: (answer.body === '' ? null : answer.json()) as never };
    },
    async close() {
      await scanning.stop();
      judging.stop();
      alerting.stop();
      await server.close();
      await again.close();
      store.close();
    },
  };
}
