import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlumblineError } from '@plumbline/core';

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  /** Does the loop still look? A sentence says why not. */
  readonly alive: () => string | undefined;
  /** Has the node been looked at, and is the agent not stopping? A sentence says why not. */
  readonly ready: () => string | undefined;
  readonly metrics: () => string;
}

/** A listening health endpoint. */
export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly type?: string;
}

/** Serves /healthz, /readyz and /metrics. Throws PLB_CONFIG_INVALID when the address cannot be had. */
export async function startHealth(options: HealthOptions): Promise<Health> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    // Not a byte of the request's body is wanted.
    request.resume();
    const reads = request.method === 'GET' || request.method === 'HEAD';
    send(response, reads ? answerTo(options, request.url ?? '') : { code: 405, body: 'only GET\n' });
  });
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const where = `${options.host}:${options.port}`;
      reject(new PlumblineError('PLB_CONFIG_INVALID', `cannot listen on ${where} (--health-address)`, { cause }));
    });
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(options: HealthOptions, url: string): Answer {
  switch (url.split('?')[0]) {
    case '/healthz':
      return verdict(options.alive());
    case '/readyz':
      return verdict(options.ready());
    case '/metrics':
      return { code: 200, body: options.metrics(), type: 'text/plain; version=0.0.4; charset=utf-8' };
    default:
      return { code: 404, body: 'not found\n' };
  }
}

function verdict(problem: string | undefined): Answer {
  return problem === undefined ? { code: 200, body: 'ok\n' } : { code: 503, body: `${problem}\n` };
}

function send(response: ServerResponse, { code, body, type = 'text/plain; charset=utf-8' }: Answer): void {
  // Node keeps the text of the date by a timer of its own, which wakes the agent once more a second after every answer.
  response.sendDate = false;
  response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
