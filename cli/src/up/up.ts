import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Aggregator, readOptions, startAggregator } from '@plumbline/aggregator';
import { type Pack, PlumblineError } from '@plumbline/core';
import { loadPack } from '@plumbline/proto';
import { versionsOf } from '../audit/judge.ts';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { runAgents, type SharedToken, sharedToken } from './agents.ts';
import { settled } from './settled.ts';
import { findSources, recordedSources, type Sources } from './sources.ts';
import { summaryText } from './summary-text.ts';

/** Options of `plumbline up` as commander gives them. */
export interface UpOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly kubernetesVersion?: string;
  readonly benchmark?: string;
  readonly alertsFile?: string;
  readonly recorded?: true;
  readonly once?: true;
}

/** Serves until it is told to stop; exit 0, or 2 where `--once` found not everything judged in time. Throws coded errors. */
export async function up(options: UpOptions, terminal: Terminal): Promise<ExitCode> {
  versionsOf(options);
  const pack = loadPack(terminal.environment['PLUMBLINE_BENCHMARKS']);
  const cluster = options.recorded ? undefined : clusterOf(terminal.environment);
  const sources = options.recorded
    ? recordedSources(terminal)
    : await findSources(pack, cluster !== undefined, terminal);
  const token = sharedToken();
  try {
    const aggregator = await startOrExplain(options, sources, cluster, token);
    return await serve({ pack, options, sources, cluster: cluster !== undefined, token, aggregator, terminal });
  } catch (error) {
    if (terminal.stop.aborted) return 0;
    throw error;
  } finally {
    token.remove();
  }
}

type Cluster = ReturnType<typeof readOptions>['cluster'];

/** The current cluster. Nothing else is taken from the environment: what is meant for a deployed aggregator is not meant for this one. */
function clusterOf(environment: NodeJS.ProcessEnv): Cluster {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('PLUMBLINE_') || name === 'PLUMBLINE_KUBECONFIG',
  );
  return readOptions([], Object.fromEntries(kept)).cluster;
}

async function startOrExplain(
  options: UpOptions,
  sources: Sources,
  cluster: Cluster,
  token: SharedToken,
): Promise<Aggregator> {
  const { port, dataDir, benchmark, alertsFile } = options;
  const kubernetesVersion = options.kubernetesVersion ?? sources.kubernetesVersion;
  try {
    makeDirectory(dataDir);
    return await startAggregator({
      listen: `127.0.0.1:${port}`,
      grpcListen: '127.0.0.1:0',
      // What is recorded must never turn up as a silent node of a real cluster.
      database: join(dataDir, sources.recorded ? 'recorded.db' : 'plumbline.db'),
      ingestTokens: token.entries,
      logLevel: 'error',
      // Page and REST name the cluster in every answer: nobody may take a recording for a machine that runs.
      ...(sources.recorded ? { clusterName: 'recorded cluster' } : {}),
      ...(sources.objects ? { recordedObjects: sources.objects } : {}),
      ...(cluster === undefined ? {} : { cluster }),
      ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
      ...(benchmark === undefined ? {} : { benchmark }),
      ...(alertsFile === undefined ? {} : { alertsFile }),
    });
  } catch (error) {
    throw explained(error, options);
  }
}

/** Node's own recursive mkdir asks for ever where a file system makes no directories, such as /proc. */
function makeDirectory(path: string): void {
  const full = resolve(path);
  if (statSync(full, { throwIfNoEntry: false })?.isDirectory()) return;
  if (!existsSync(dirname(full))) makeDirectory(dirname(full));
  mkdirSync(full, { mode: 0o700 });
}

function explained(error: unknown, { port, dataDir }: UpOptions): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new PlumblineError('PLB_CONFIG_INVALID', `Port ${port} of 127.0.0.1 is in use; give another with --port.`);
  }
  if (code === 'EACCES' && path === undefined) {
    return new PlumblineError('PLB_CONFIG_INVALID', `Port ${port} may not be used; give one above 1023 with --port.`);
  }
  if (code !== undefined && path !== undefined) {
    return new PlumblineError('PLB_CONFIG_INVALID', `${dataDir} cannot be used (${code}); give another --data-dir.`);
  }
  return error;
}

interface Serving {
  readonly pack: Pack;
  readonly options: UpOptions;
  readonly sources: Sources;
  readonly cluster: boolean;
  readonly token: SharedToken;
  readonly aggregator: Aggregator;
  readonly terminal: Terminal;
}

async function serve({ pack, options, sources, cluster, token, aggregator, terminal }: Serving): Promise<ExitCode> {
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.stop, ending.signal]);
  const { grpcAddress, restAddress, settle } = aggregator;
  const since = terminal.now();
  const agents = runAgents({ pack, nodes: sources.nodes, grpcAddress, token, terminal, signal });
  try {
    const reporting = sources.nodes.map((one) => one.name);
    const judged = await settled({ restAddress, reporting, cluster, since, settle, signal: terminal.stop });
    if (!judged) return 0;
    const { served, complete } = judged;
    terminal.out(summaryText(served, { notes: sources.notes, complete }, terminal.sheet));
    if (options.once) return complete ? 0 : 2;
    terminal.out(`\nLook at ${restAddress} (API: ${restAddress}/docs). Ctrl-C ends it.\n`);
    await untilAborted(terminal.stop);
    return 0;
  } finally {
    ending.abort();
    await agents;
    await aggregator.close();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
