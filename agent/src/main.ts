import tls from 'node:tls';
import { PlumblineError } from '@plumbline/core';
import { loadNodePack } from '@plumbline/proto';
import { pino } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { readConfig, usage } from './config.ts';
import { Bystanders, observeNode, realHost, watching } from './index.ts';
import { runAgent } from './run.ts';

tls.DEFAULT_MIN_VERSION = 'TLSv1.3';

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) {
    process.stdout.write(usage());
    return;
  }
  const config = readConfig(argv, process.env);
  const log = pino({ level: config.logLevel, base: { component: 'agent' } });
  const pack = loadNodePack(config.benchmarks);
  const host = realHost(config.hostRoot);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const clock = () => new Date().toISOString();
  // The aggregator knows the versions and judges by them; here only what was seen counts.
  const versions = {};
  const bystanders = new Bystanders();
  const observe = (signal: AbortSignal, unwatched: readonly string[]) =>
    observeNode({ host, pack, clock, versions, bystanders, signal, unwatched });
  const watch = watching(host, pack);
  await runAgent({ config, version: manifest.version, observe, watch, log, signal: stop.signal });
}

try {
  await main(process.argv.slice(2));
  // A read that hangs in the kernel must not keep the pod from ending.
  process.exit(0);
} catch (error) {
  if (!(error instanceof PlumblineError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exit(2);
}
