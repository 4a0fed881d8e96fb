import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf, type KubeClient } from '../../../aggregator/src/cluster/kube-client.ts';

/** One answer of the stand-in for an API server, in the order in which requests come. */
export type Answer = (request: Request, reply: ServerResponse) => void;

/** What was asked. */
export interface Request {
  readonly url: URL;
  readonly body: string;
  readonly accept?: string | undefined;
}

/** A stand-in for an API server that gives prepared answers and remembers what was asked. */
export interface ApiServer {
  readonly client: KubeClient;
  readonly asked: URL[];
  close(): Promise<void>;
}

/** `version`: what `/version` says, besides the prepared answers. `renew`: called when the client asks for new credentials. */
export interface Manner {
  readonly version?: string;
  readonly renew?: () => void;
}

/** Starts it on any free port. When the answers run out the last one is repeated. */
export async function apiServer(answers: readonly Answer[], { version, renew }: Manner = {}): Promise<ApiServer> {
  const asked: URL[] = [];
  const server = createServer((request: IncomingMessage, reply) => {
    const url = new URL(request.url ?? '/', 'http://server');
    if (version !== undefined && url.pathname === '/version') {
      reply.end(JSON.stringify({ gitVersion: version }));
      return;
    }
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(url);
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => answer?.({ url, body, accept: request.headers.accept }, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = async () => ({ tls: {}, headers: { authorization: 'Bearer t' } });
  const client = clientOf(`http://127.0.0.1:${port}`, 'test', credentials, renew);
  return {
    client,
    asked,
    async close() {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, reply) => {
    reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Streams watch events; stays open unless `end`. */
export function events(list: readonly unknown[], end = false): Answer {
  return (_, reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    for (const one of list) reply.write(`${JSON.stringify(one)}\n`);
    if (end) reply.end();
  };
}

/** A list of objects. */
export function list(names: readonly string[], resourceVersion: string, next = ''): Answer {
  return json(200, { metadata: { resourceVersion, continue: next }, items: names.map((name) => object(name)) });
}

/** An object with this name. */
export function object(name: string, resourceVersion = '1') {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion, labels: { b: '', a: 'x' } } };
}

/** The bookmark that ends an initial state. */
export function end(resourceVersion: string) {
  return bookmark(resourceVersion, { 'k8s.io/initial-events-end': 'true' });
}

/** A bookmark as it comes once a minute. */
export function bookmark(resourceVersion: string, annotations: Readonly<Record<string, string>> = {}) {
  return { type: 'BOOKMARK', object: { metadata: { resourceVersion, annotations } } };
}

/** An object that was there or came. */
export function added(name: string, resourceVersion = '1') {
  return { type: 'ADDED', object: object(name, resourceVersion) };
}

/** An object that went. */
export function deleted(name: string, resourceVersion = '1') {
  return { type: 'DELETED', object: object(name, resourceVersion) };
}

/** A server that does not know how to give an initial state by watch. */
export const noStream = json(422, { kind: 'Status', code: 422, reason: 'Invalid' });
