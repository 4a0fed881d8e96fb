import { PackError, PlumblineError } from '@plumbline/core';
import { startAggregator } from './aggregator.ts';
import { readOptions } from './config.ts';

/** How long an orderly end may take, below the 30 seconds that Kubernetes gives. */
const drainMs = 15_000;

try {
  const aggregator = await startAggregator(readOptions(process.argv.slice(2), process.env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), drainMs).unref();
      void aggregator.close().then(() => process.exit(0));
    });
  }
} catch (error) {
  if (!(error instanceof PlumblineError) && !(error instanceof PackError)) throw error;
  process.stderr.write(
    `plumbline-aggregator: ${error instanceof PlumblineError ? `${error.code}: ` : ''}${error.message}\n`,
  );
  process.exitCode = 2;
}
