import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf, type KubeClient } from '../../../aggregator/src/nodes/kube-client.ts';

/** One answer of the stand-in for an API server, in the order in which requests come. */
export type Answer = (request: { readonly url: URL; readonly body: string }, reply: ServerResponse) => void;

/** A stand-in for an API server that gives prepared answers and remembers what was asked. */
export interface ApiServer {
  readonly client: KubeClient;
  readonly asked: URL[];
  close(): Promise<void>;
}

/** Starts it on any free port. When the answers run out the last one is repeated. */
export async function apiServer(answers: readonly Answer[]): Promise<ApiServer> {
  const asked: URL[] = [];
  const server = createServer((request: IncomingMessage, reply) => {
    const url = new URL(request.url ?? '/', 'http://server');
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(url);
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => answer?.({ url, body }, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = clientOf(`http://127.0.0.1:${port}`, 'test', async () => ({
    tls: {},
    headers: { authorization: 'Bearer t' },
  }));
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
