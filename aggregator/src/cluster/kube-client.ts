import { PlumblineError } from '@plumbline/core';
import { Agent, type Dispatcher, request } from 'undici';

/** Which cluster: a kubeconfig file (and context), or the pod's own service account. */
export type ClusterSource =
  | { readonly kind: 'kubeconfig'; readonly file: string; readonly context?: string }
  | { readonly kind: 'in-cluster' };

/** One answer of the API server. The body must be read or dropped. */
export interface KubeResponse {
  readonly status: number;
  /** Milliseconds that the server asked to wait, 0 when it did not. */
  readonly retryAfter: number;
  readonly body: AsyncIterable<Buffer>;
  json(): Promise<unknown>;
  drop(): void;
}

/** What requests are counted by; `create` makes it a POST. */
export type Verb = 'list' | 'watch' | 'get' | 'create';

/** What is asked. `resource` is a name of ours, never one that a cluster chose: it labels a metric. */
export interface KubeRequest {
  readonly verb: Verb;
  readonly resource: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** `application/json` when absent. */
  readonly accept?: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** The API server, with the credentials of a kubeconfig. Credentials are read anew for each request, so rotated ones are used. */
export interface KubeClient {
  readonly server: string;
  /** Name of the cluster in the kubeconfig, null inside a cluster. */
  readonly name: string | null;
  ask(request: KubeRequest): Promise<KubeResponse>;
  /** Reads the credentials from their source anew: those that were used are not good any more. */
  renew(): Promise<void>;
  /** Requests so far, by verb and resource. */
  requests(): readonly RequestCount[];
  close(): Promise<void>;
}

/** How often something was asked. */
export interface RequestCount {
  readonly verb: Verb;
  readonly resource: string;
  readonly count: number;
}

/** TLS material and headers of one request. */
export interface Credentials {
  readonly tls: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Connects to a cluster; loads the large client library only now. Throws PLB_CONFIG_INVALID for a kubeconfig that cannot be used. */
export async function kubeClient(source: ClusterSource): Promise<KubeClient> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const load = () => {
    const config = new KubeConfig();
    try {
      if (source.kind === 'in-cluster') config.loadFromCluster();
      else config.loadFromFile(source.file);
      if (source.kind === 'kubeconfig' && source.context !== undefined) config.setCurrentContext(source.context);
    } catch (error) {
      throw invalid(source, error instanceof Error ? error.message : String(error));
    }
    return config;
  };
  let config = load();
  const server = config.getCurrentCluster()?.server;
  if (!server) throw invalid(source, 'it names no current cluster');
  const name = source.kind === 'in-cluster' ? null : (config.getCurrentCluster()?.name ?? null);
  const credentials = async (): Promise<Credentials> => {
    const options: Record<string, unknown> & { headers?: Record<string, string> } = {};
    await config.applyToHTTPSOptions(options);
    const { headers = {}, agent: _, ...rest } = options;
    return { tls: tlsOf(rest), headers };
  };
  return clientOf(server, name, credentials, () => {
    config = load();
  });
}

/** A client of one server; `credentials` is asked before each request, `renew` has them read from their source anew. */
export function clientOf(
  server: string,
  name: string | null,
  credentials: () => Promise<Credentials>,
  renew: () => void = () => undefined,
): KubeClient {
  const counts = new Map<string, RequestCount>();
  const count = ({ verb, resource }: KubeRequest) => {
    const key = `${verb} ${resource}`;
    counts.set(key, { verb, resource, count: (counts.get(key)?.count ?? 0) + 1 });
  };
  let agent: { readonly key: string; readonly dispatcher: Agent } | undefined;
  const dispatcherOf = (tls: Credentials['tls']): Dispatcher => {
    const key = JSON.stringify(tls, (_, value) => (Buffer.isBuffer(value) ? value.toString('base64') : value));
    if (agent?.key !== key) {
      const old = agent?.dispatcher;
      old?.close().catch(() => old.destroy());
      agent = {
        key,
        dispatcher: new Agent({
          // A peer that vanished is noticed by the kernel; watches have a deadline of their own besides.
          connect: { ...tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 },
          headersTimeout: 60_000,
          bodyTimeout: 0,
        }),
      };
    }
    return agent.dispatcher;
  };
  return {
    server,
    name,
    requests: () => [...counts.values()],
    renew: async () => renew(),
    async ask(asked) {
      const { verb, path, query, accept = 'application/json', body, signal } = asked;
      count(asked);
      const { tls, headers } = await credentials();
      const search = query ? `?${new URLSearchParams(query)}` : '';
      const answer = await request(`${server.replace(/\/$/, '')}${path}${search}`, {
        method: verb === 'create' ? 'POST' : 'GET',
        headers: {
          ...headers,
          accept,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        dispatcher: dispatcherOf(tls),
        signal,
      });
      const wait = Number(answer.headers['retry-after']);
      return {
        status: answer.statusCode,
        retryAfter: Number.isFinite(wait) && wait > 0 ? Math.min(wait, 300) * 1000 : 0,
        body: answer.body,
        json: () => answer.body.json(),
        // The connection may still be in use by the server; an aborted body is no error of ours.
        drop: () => void answer.body.on('error', () => undefined).destroy(),
      };
    },
    async close() {
      await agent?.dispatcher.destroy();
    },
  };
}

const tlsKeys = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

function tlsOf(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(tlsKeys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
}

function invalid(source: ClusterSource, why: string): PlumblineError {
  const what = source.kind === 'in-cluster' ? 'The service account of this pod' : `The kubeconfig ${source.file}`;
  return new PlumblineError('PLB_CONFIG_INVALID', `${what} cannot be used: ${why}.`);
}
