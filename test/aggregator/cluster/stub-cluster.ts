import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf, type KubeClient } from '../../../aggregator/src/cluster/kube-client.ts';

/** An object as the API gives it. */
export interface Raw {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** One request that came: `list`, `watch`, or `initial` for a watch with the initial state. */
export interface Came {
  readonly kind: 'list' | 'watch' | 'initial' | 'get';
  readonly path: string;
  readonly accept: string;
  readonly selector: string;
}

/** A stand-in for an API server that keeps objects by the path of their resource, and serves lists and watches of them. */
export interface StubCluster {
  readonly client: KubeClient;
  readonly came: Came[];
  /** Serves a resource, with these objects. */
  serve(path: string, objects?: readonly Raw[]): void;
  /** Ends to serve it, watches included. */
  remove(path: string): void;
  put(path: string, object: Raw): void;
  drop(path: string, name: string, namespace?: string): void;
  /** Answers so to every new request of a path; undefined lifts it. */
  refuse(path: string, status: number | undefined): void;
  /** Breaks every connection, as a server that restarts. */
  restart(): void;
  close(): Promise<void>;
}

interface Served {
  readonly objects: Map<string, Raw>;
  readonly watchers: Set<ServerResponse>;
}

/** Starts it with nothing served but its version. */
export async function stubCluster({ watchList = true }: { readonly watchList?: boolean } = {}): Promise<StubCluster> {
  const served = new Map<string, Served>();
  const refused = new Map<string, number>();
  const came: Came[] = [];
  let revision = 100;
  const server = createServer((request, reply) => {
    const { kind, url } = readRequest(request);
    came.push({
      kind,
      path: url.pathname,
      accept: request.headers.accept ?? '',
      selector: url.searchParams.get('fieldSelector') ?? '',
    });
    if (url.pathname === '/version') return send(reply, 200, { gitVersion: 'v1.34.4' });
    const one = served.get(url.pathname);
    const status = refused.get(url.pathname) ?? (one ? 200 : 404);
    if (!one || status !== 200) return send(reply, status, { kind: 'Status', code: status });
    if (kind === 'initial' && !watchList) return send(reply, 422, { kind: 'Status', code: 422 });
    if (kind === 'list') return send(reply, 200, page(one, url, revision));
    return stream(one, reply, url, revision);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = clientOf(`http://127.0.0.1:${port}`, 'stub', async () => ({ tls: {}, headers: {} }));
  const tell = (one: Served, type: string, object: Raw) => {
    revision += 1;
    const event = { type, object: { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } } };
    for (const watcher of one.watchers) watcher.write(`${JSON.stringify(event)}\n`);
  };
  const found = (path: string) => {
    const one = served.get(path);
    if (!one) throw new Error(`${path} is not served`);
    return one;
  };
  return {
    client,
    came,
    serve(path, objects = []) {
      served.set(path, { objects: new Map(objects.map((one) => [keyOf(one), one])), watchers: new Set() });
    },
    remove(path) {
      for (const watcher of found(path).watchers) watcher.end();
      served.delete(path);
    },
    put(path, object) {
      const one = found(path);
      const type = one.objects.has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
      one.objects.set(keyOf(object), object);
      tell(one, type, object);
    },
    drop(path, name, namespace = '') {
      const one = found(path);
      const object = one.objects.get(`${namespace}/${name}`);
      if (!object) throw new Error(`${path} has no ${namespace}/${name}`);
      one.objects.delete(keyOf(object));
      tell(one, 'DELETED', object);
    },
    refuse(path, status) {
      if (status === undefined) refused.delete(path);
      else refused.set(path, status);
    },
    restart: () => server.closeAllConnections(),
    async close() {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readRequest(request: IncomingMessage): { readonly kind: Came['kind']; readonly url: URL } {
  const url = new URL(request.url ?? '/', 'http://stub');
  const { searchParams } = url;
  if (searchParams.has('sendInitialEvents')) return { kind: 'initial', url };
  if (searchParams.has('watch')) return { kind: 'watch', url };
  return { kind: url.pathname === '/version' ? 'get' : 'list', url };
}

function send(reply: ServerResponse, status: number, body: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function page({ objects }: Served, url: URL, revision: number) {
  const all = [...objects.values()];
  const from = Number(url.searchParams.get('continue') ?? 0);
  const next = from + Number(url.searchParams.get('limit') ?? all.length);
  const metadata = { resourceVersion: String(revision), ...(next < all.length ? { continue: String(next) } : {}) };
  return { metadata, items: all.slice(from, next) };
}

/** Ends after `timeoutSeconds`, as the real one does. */
function stream(one: Served, reply: ServerResponse, url: URL, revision: number): void {
  const write = (event: unknown) => reply.write(`${JSON.stringify(event)}\n`);
  reply.writeHead(200, { 'content-type': 'application/json' });
  reply.flushHeaders();
  if (url.searchParams.has('sendInitialEvents')) {
    for (const object of one.objects.values()) write({ type: 'ADDED', object });
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    write({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(revision), annotations } } });
  }
  one.watchers.add(reply);
  const timer = setTimeout(() => reply.end(), Number(url.searchParams.get('timeoutSeconds')) * 1000);
  reply.on('close', () => {
    clearTimeout(timer);
    one.watchers.delete(reply);
  });
}

function keyOf({ metadata }: Raw): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
