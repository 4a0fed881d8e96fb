/**
 * A webhook and a real Alertmanager that tells the same webhook, on loopback of the cluster's network namespace:
 * `node alert-receivers.ts PROGRAM DIRECTORY`. Prints where both are, then each request as a line of JSON with the moment it came.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAlertmanager } from '../../integration/prometheus/alertmanager.ts';

/** The first line. */
export interface Places {
  readonly hook: string;
  readonly alertmanager: string;
}

/** Every other line: `at` in milliseconds, `body` as it was sent. */
export interface Received {
  readonly at: number;
  readonly path: string;
  readonly body: string;
}

if (import.meta.main) {
  const [program = '', directory = ''] = process.argv.slice(2);
  const server = createServer((request, response) => {
    const at = Date.now();
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      response.end();
      const line: Received = { at, path: request.url ?? '', body };
      console.log(JSON.stringify(line));
    });
  }).listen(0, '127.0.0.1', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const manager = await startAlertmanager(program, `${url}/alertmanager`, directory);
    const places: Places = { hook: `${url}/hook`, alertmanager: manager.url };
    console.log(JSON.stringify(places));
    process.once('SIGTERM', () => void manager.stop().then(() => process.exit(0)));
  });
}
