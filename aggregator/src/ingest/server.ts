import { Server, ServerCredentials, type UntypedHandleCall } from '@grpc/grpc-js';
import { PlumblineError } from '@plumbline/core';
import { Gate } from './gate.ts';
import { guardedService, transportLimit } from './guard.ts';
import type { Identify } from './identity.ts';
import { Bucket, defaultLimits, type Limits } from './limits.ts';
import type { ObservationLog } from './log.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Call } from './peer.ts';
import { type Budget, Stream } from './stream.ts';
import { followingCredentials, type IngestTls } from './tls.ts';

export interface IngestOptions {
  readonly log: ObservationLog;
  readonly identity: Identify;
  /** `host:port`, port 0 for any free one, or `unix:/path`. */
  readonly address: string;
  /** Without it only loopback addresses are accepted. */
  readonly tls?: IngestTls | undefined;
  /** After each commit; `changed`: the state of the node is another. */
  readonly onCommitted: (node: string, what: { readonly changed: boolean }) => void;
  /** A look that was asked for with a token is committed. */
  readonly onAnswered?: ((node: string, token: string) => void) | undefined;
  /** Token of a look that is wanted now: agents that connect are asked for it too. */
  readonly wanted?: (() => string | undefined) | undefined;
  readonly onError: (error: unknown, node: string | undefined) => void;
  readonly metrics: IngestMetrics;
  readonly clock?: (() => Date) | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Seconds between two looks that every agent is told after its welcome; absent, and agents keep their own. */
  readonly interval?: number | undefined;
}

/** A listening ingest. */
export interface Ingest {
  readonly port: number;
  /** Nodes that are connected now. */
  nodes(): readonly string[];
  /** Asks these agents, or all, to look now; `onAnswered` tells the token when one has. */
  lookNow(token: string, nodes?: readonly string[]): void;
  /** Tells every connected agent how often to look. */
  setInterval(seconds: number): void;
  /** Ends every stream and stops listening; agents keep what was not acknowledged. */
  close(): Promise<void>;
}

/** Listens for agents. Throws PLB_CONFIG_INVALID for plaintext off this machine or an address that cannot be had. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const limits = { ...defaultLimits, ...options.limits };
  const streams = new Streams(options, limits);
  const server = new Server(serverOptions(limits));
  const handle = (call: Call) => streams.serve(call);
  server.addService(guardedService(), { StreamFindings: handle as UntypedHandleCall });
  const port = await bind(server, options);
  return {
    port,
    nodes: () => streams.nodes(),
    lookNow: (token, nodes) => streams.ask({ lookNow: { token } }, nodes),
    setInterval: (seconds) => streams.ask({ interval: { seconds } }),
    close: () => stop(server, streams),
  };
}

/** The streams that are open, one a node. */
class Streams {
  readonly #options: IngestOptions;
  readonly #limits: Limits;
  readonly #open = new Set<Stream>();
  readonly #byNode = new Map<string, Stream>();
  readonly #budgets = new Map<string, Budget>();
  readonly #gate: Gate;

  constructor(options: IngestOptions, limits: Limits) {
    this.#options = options;
    this.#limits = limits;
    this.#gate = new Gate(limits.unproven);
  }

  serve(call: Call): void {
    call.on('error', () => undefined); // grpc ends the call; the iterator of the stream sees it too
    const { clock = () => new Date(), ...rest } = this.#options;
    const stream = new Stream(call, {
      ...rest,
      clock,
      limits: this.#limits,
      gate: this.#gate,
      claim: (node, claimant) => this.#claim(node, claimant),
      budget: (node) => this.#budget(node),
    });
    this.#open.add(stream);
    this.#options.metrics.streams(this.#open.size);
    void stream.run().finally(() => {
      this.#open.delete(stream);
      if (stream.node !== undefined && this.#byNode.get(stream.node) === stream) this.#byNode.delete(stream.node);
      this.#options.metrics.streams(this.#open.size);
    });
  }

  nodes(): readonly string[] {
    return [...this.#byNode.keys()];
  }

  ask(message: Parameters<Stream['ask']>[0], nodes?: readonly string[]): void {
    for (const [node, stream] of this.#byNode) if (!nodes || nodes.includes(node)) stream.ask(message);
  }

  closeAll(): void {
    for (const stream of this.#open) stream.leave();
  }

  #claim(node: string, stream: Stream): void {
    this.#byNode.get(node)?.close('PLB_STREAM_FENCED', 'another agent speaks for this node now');
    this.#byNode.set(node, stream);
  }

  #budget(node: string): Budget {
    const now = performance.now();
    const { messages, bytes, streams, work } = this.#limits;
    const fresh = {
      messages: new Bucket(messages, now),
      bytes: new Bucket(bytes, now),
      streams: new Bucket(streams, now),
      work: new Bucket(work, now),
    };
    const budget = this.#budgets.get(node) ?? fresh;
    this.#budgets.set(node, budget);
    return budget;
  }
}

function serverOptions(limits: Limits): Record<string, number> {
  return {
    'grpc.max_receive_message_length': transportLimit,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_connection_age_ms': limits.connectionAge,
    'grpc.max_connection_age_grace_ms': 30_000,
    'grpc.max_connection_idle_ms': 5 * 60_000,
    'grpc.max_concurrent_streams': 8,
  };
}

async function bind(server: Server, { address, tls }: IngestOptions): Promise<number> {
  if (!tls && !/^(127\.\d+\.\d+\.\d+:|\[::1\]:|unix:)/.test(address)) {
    const why = `agents may reach ${address} from other machines: give a certificate, plaintext is only for 127.0.0.1`;
    throw new PlumblineError('PLB_CONFIG_INVALID', why);
  }
  const credentials = tls ? followingCredentials(tls) : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, port) => {
      if (cause) reject(new PlumblineError('PLB_CONFIG_INVALID', `cannot listen on ${address}`, { cause }));
      else resolve(port);
    });
  });
}

async function stop(server: Server, streams: Streams): Promise<void> {
  streams.closeAll();
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => server.forceShutdown(), 2_000);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
