/**
 * A simulated API server on loopback, a process of its own so that its CPU is not counted: `node server.ts PODS NAMESPACES OWNERS`
 * prints its port, then answers lists, watch-lists and watches of generated objects. `POST /bench/pods/N?privileged=true` changes a pod;
 * `GET /bench/requests` says what was asked, by verb and path.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { objects, pod, type Size } from './pod.ts';

const [pods = 1000, namespaces = 100, owners = 120] = process.argv.slice(2).map(Number);
const size: Size = { pods, namespaces, owners };
const asked = new Map<string, number>();
const watches = new Map<string, Set<ServerResponse>>();
let version = 1000;

const served = [
  '/api/v1/pods',
  '/api/v1/namespaces',
  '/api/v1/nodes',
  '/api/v1/serviceaccounts',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/networking.k8s.io/v1/networkpolicies',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests',
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
];

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    response.destroy(error instanceof Error ? error : undefined);
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => process.exit(0));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname.startsWith('/bench/')) return bench(url, response);
  const watching = url.searchParams.get('watch') !== null && url.searchParams.get('watch') !== 'false';
  const key = `${watching ? 'watch' : request.method === 'GET' ? 'get' : 'post'} ${url.pathname}`;
  asked.set(key, (asked.get(key) ?? 0) + 1);
  if (url.pathname === '/version') return json(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.4' });
  if (!served.includes(url.pathname)) return json(response, 404, { kind: 'Status', code: 404, message: 'not found' });
  return watching ? watch(url, response) : list(url, response);
}

function bench(url: URL, response: ServerResponse): void {
  const changed = /^\/bench\/pods\/(\d+)$/.exec(url.pathname)?.[1];
  if (changed !== undefined) {
    version++;
    const object = pod(Number(changed), size, url.searchParams.get('privileged') === 'true', version);
    const line = `${JSON.stringify({ type: 'MODIFIED', object })}\n`;
    for (const open of watches.get('/api/v1/pods') ?? []) open.write(line);
  }
  json(response, 200, Object.fromEntries(asked));
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function list(url: URL, response: ServerResponse): Promise<void> {
  const limit = Number(url.searchParams.get('limit') ?? '0') || Number.POSITIVE_INFINITY;
  const from = Number(url.searchParams.get('continue') ?? '0');
  const items = [...objects(url.pathname, size)].slice(from, from + limit);
  const next = items.length === limit ? { continue: String(from + limit) } : {};
  json(response, 200, {
    kind: 'List',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(version), ...next },
    items,
  });
}

async function watch(url: URL, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (url.searchParams.get('sendInitialEvents') === 'true') {
    for (const object of objects(url.pathname, size)) await send(response, { type: 'ADDED', object });
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const metadata = { resourceVersion: String(version), annotations };
    await send(response, { type: 'BOOKMARK', object: { kind: 'Bookmark', metadata } });
  }
  const open = watches.get(url.pathname) ?? new Set();
  watches.set(url.pathname, open);
  open.add(response);
  const bookmark = setInterval(() => {
    void send(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
  }, 10_000);
  const end = setTimeout(() => response.end(), Number(url.searchParams.get('timeoutSeconds') ?? 300) * 1000);
  response.on('close', () => {
    clearInterval(bookmark);
    clearTimeout(end);
    open.delete(response);
  });
}

/** Writes one event and waits while the reader is slow. */
function send(response: ServerResponse, event: object): Promise<void> {
  if (response.destroyed || response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    if (response.write(`${JSON.stringify(event)}\n`)) resolve();
    else response.once('drain', resolve).once('close', resolve);
  });
}
