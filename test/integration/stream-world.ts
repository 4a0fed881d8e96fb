import { mkdtempSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { Json, Observation } from '@plumbline/core';
import { type AggregatorMessage, contentDigest, findingsService, keyOf, type NodeMessage } from '@plumbline/proto';
import { Outbox } from '../../agent/src/uplink/outbox.ts';
import { Session } from '../../agent/src/uplink/session.ts';
import { type Ending, Uplink, type UplinkOptions } from '../../agent/src/uplink/uplink.ts';
import { byTokens } from '../../aggregator/src/ingest/identity.ts';
import type { Commit, ObservationLog, Position } from '../../aggregator/src/ingest/log.ts';
import { IngestCounters } from '../../aggregator/src/ingest/metrics.ts';
import { type Ingest, type IngestOptions, startIngest } from '../../aggregator/src/ingest/server.ts';

/** A disk for tests: the state and every transition of each node, in memory. */
export class MemoryLog implements ObservationLog {
  readonly positions = new Map<string, Position>();
  readonly states = new Map<string, Map<string, Observation>>();
  /** One line for each difference that a commit made: `node fact subject value`. */
  readonly history: string[] = [];
  commits = 0;
  /** Thrown by every write while set. */
  failure: Error | undefined;

  position(node: string): Position | undefined {
    return this.positions.get(node);
  }

  begin(commit: Commit): void {
    if (!this.positions.has(commit.node)) this.#commit(commit);
  }

  replace(commit: Commit, observations: readonly Observation[]): void {
    const keys = new Set(observations.map(keyOf));
    const gone = [...this.#state(commit.node).values()].filter((one) => !keys.has(keyOf(one)));
    this.apply(commit, observations, gone);
  }

  apply(commit: Commit, changed: readonly Observation[], gone: readonly { fact: string; subject: string }[]): void {
    this.#commit(commit);
    const state = this.#state(commit.node);
    for (const key of gone)
      if (state.delete(keyOf(key))) this.history.push(`${commit.node} ${key.fact} ${key.subject} gone`);
    for (const one of changed) {
      const before = state.get(keyOf(one));
      if (before && contentDigest(before) === contentDigest(one)) continue;
      state.set(keyOf(one), one);
      this.history.push(`${commit.node} ${one.fact} ${one.subject} ${JSON.stringify(one.value ?? one.state)}`);
    }
  }

  touch(commit: Commit): void {
    this.#commit(commit);
  }

  contents(node: string): ReadonlyMap<string, string> {
    return new Map([...this.#state(node)].map(([key, one]) => [key, contentDigest(one)]));
  }

  #state(node: string): Map<string, Observation> {
    const state = this.states.get(node) ?? new Map();
    this.states.set(node, state);
    return state;
  }

  #commit({ node, epoch, sequence, digest }: Commit): void {
    if (this.failure) throw this.failure;
    this.commits += 1;
    this.positions.set(node, { epoch, sequence, digest });
  }
}

/** Tokens of the worlds below. */
export const tokens = 'alpha-token alpha\nbeta-token beta\ndev-token *\n';

/** An ingest on a free loopback port with a MemoryLog under it. */
export async function aggregator(options: Partial<IngestOptions> = {}) {
  const log = (options.log as MemoryLog | undefined) ?? new MemoryLog();
  const metrics = new IngestCounters();
  const errors: unknown[] = [];
  const ingest: Ingest = await startIngest({
    identity: byTokens(tokens),
    address: '127.0.0.1:0',
    onCommitted: () => undefined,
    onError: (error) => errors.push(error),
    metrics,
    ...options,
    log,
  });
  return { ingest, log, metrics, errors, address: `127.0.0.1:${ingest.port}` };
}

/** One observation of a file; `at` is the node's clock. */
export function seen(subject: string, value: Json = { mode: '0600' }, at = new Date()): Observation {
  return { fact: 'file', subject, state: 'observed', value, observedAt: at.toISOString() };
}

/** A directory of this test alone. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'plumbline-stream-'));
}

/** A real agent's end, without the looking: `look` is what a pass would have found. */
export function agent(
  options: Partial<UplinkOptions> & { target: UplinkOptions['target'] },
  outbox = emptyOutbox(),
  node = 'alpha',
) {
  const session = new Session({ node, agentVersion: '0.1.0', outbox });
  const endings: Ending[] = [];
  const orders: string[] = [];
  const stop = new AbortController();
  const uplink = new Uplink({
    session,
    random: () => 0.5,
    onOrder: (order) => orders.push(order.kind),
    onConnected: () => undefined,
    onEnded: (ending) => endings.push(ending),
    bounds: { first: 20, longest: 100 },
    ...options,
  });
  let running: Promise<void> | undefined;
  return {
    session,
    outbox,
    endings,
    orders,
    look(observations: readonly Observation[], answers?: string) {
      outbox.look(observations);
      session.looked(new Date().toISOString(), answers);
      uplink.looked();
    },
    start() {
      running = uplink.run(stop.signal);
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

export function emptyOutbox(): Outbox {
  return new Outbox({ limitBytes: 4 * 1024 * 1024, journal: undefined, onGap: () => undefined });
}

/** A peer that says whatever a test wants, as raw bytes or as messages. */
export function peer(address: string, token: string | undefined = 'alpha-token', bytes = false) {
  const Service = findingsService();
  const method = Service.service['StreamFindings'];
  if (!method) throw new Error('the service has no StreamFindings');
  const client = new Service(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const serialize = bytes ? (value: Buffer) => value : method.requestSerialize;
  const call = client.makeBidiStreamRequest(
    method.path,
    serialize,
    method.responseDeserialize,
    metadata,
    {},
  ) as ClientDuplexStream<NodeMessage | Buffer, AggregatorMessage>;
  const inbox: AggregatorMessage[] = [];
  const waiting: (() => void)[] = [];
  let over = false;
  const wake = () => {
    for (const one of waiting.splice(0)) one();
  };
  call.on('data', (message: AggregatorMessage) => {
    inbox.push(message);
    wake();
  });
  call.on('error', () => undefined);
  call.on('status', () => {
    over = true;
    wake();
  });
  return {
    say: (message: NodeMessage | Buffer) => call.write(message),
    /** The next message; undefined when the stream is over. */
    async hear(): Promise<AggregatorMessage | undefined> {
      while (inbox.length === 0 && !over) await new Promise<void>((resolve) => waiting.push(resolve));
      return inbox.shift();
    },
    close() {
      call.cancel();
      client.close();
    },
  };
}

/** Hello of an agent that knows nothing. */
export function hello(node = 'alpha'): NodeMessage {
  const body = { node, agentVersion: '0.1.0', lastEpoch: '', lastAcknowledged: '0', digest: '' };
  return { sequence: '0', epoch: '', hello: body };
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what = 'it'): Promise<void> {
  const end = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} did not come true in 15 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A link between the two ends that a test can cut or freeze. */
export async function link(address: string) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(Number(address.split(':')[1]), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => frozen || to.write(data));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    /** From now on bytes vanish and nobody is told. */
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      cut();
      frozen = false;
    },
    close() {
      cut();
      server.close();
    },
  };
}
