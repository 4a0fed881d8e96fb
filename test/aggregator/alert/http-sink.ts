import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a sink got it. */
export interface Got {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on loopback that keeps what it gets and answers as it is told. */
export interface Sink {
  readonly url: string;
  readonly got: Got[];
  /** How requests are answered from now on. */
  answer: (response: ServerResponse, got: Got) => void;
  /** Resolves once it has got so many requests. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Answers 204 until it is told otherwise. */
export async function httpSink(port = 0): Promise<Sink> {
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const got = { path: String(request.url), headers: request.headers, body };
      sink.got.push(got);
      for (const one of waiting) if (sink.got.length >= one.count) one.resolve();
      sink.answer(response, got);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got: [],
    answer: (response) => response.writeHead(204).end(),
    until: (count) =>
      new Promise((resolve) => {
        if (sink.got.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return sink;
}

/** Answers with a status and nothing else. */
export function status(code: number, headers: Record<string, string> = {}): Sink['answer'] {
  return (response) => response.writeHead(code, headers).end();
}
