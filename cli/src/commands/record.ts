import { recordNode } from '@plumbline/agent';
import { loadPack } from '@plumbline/proto';
import type { Command } from 'commander';
import { versionsOf } from '../audit/judge.ts';
import { realPlace } from '../audit/look.ts';
import type { ExitCode } from '../exit.ts';
import { writeDump } from '../manifests/write-dump.ts';
import { deliver } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `plumbline record` as commander gives them. */
export interface RecordOptions {
  readonly hostRoot: string;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly kubernetesVersion?: string;
  readonly says?: string;
  readonly output?: string;
}

/** `plumbline record`. */
export function addRecord(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('record')
    .description('write this node as a text fixture, without secrets, for `audit --node`')
    .option('--host-root <dir>', 'where the root of the node is mounted', '/')
    .option('--cluster', 'write what controls read of the objects of a cluster instead, for `audit --manifests`')
    .option('--kubeconfig <file>', 'with --cluster: which cluster (default: KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'with --cluster: which context of the kubeconfig')
    .option('--kubernetes-version <version>', 'version to note in it, for instance 1.34')
    .option('--says <sentence>', 'what is special about this node, a comment at the top')
    .option('--output <file>', 'write the fixture there instead of standard output')
    .action(async (options: RecordOptions) => done(await record(options, terminal)));
}

/** Exit 0. Throws coded errors where the node cannot be looked at or the file cannot be written. */
export async function record(options: RecordOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.cluster) return recordCluster(options, terminal);
  const versions = versionsOf(options);
  const { host } = realPlace(options.hostRoot);
  const text = await recordNode(host, {
    pack: loadPack(terminal.environment['PLUMBLINE_BENCHMARKS']),
    clock: () => terminal.now().toISOString(),
    versions,
    ...(options.says === undefined ? {} : { says: options.says.replaceAll('\n', ' ') }),
  });
  deliver(text, options.output, terminal);
  return 0;
}

/** Exit 0. Throws coded errors where the cluster cannot be asked. */
async function recordCluster(options: RecordOptions, terminal: Terminal): Promise<ExitCode> {
  const { clusterToAsk, askCluster } = await import('../audit/ask-cluster.ts');
  const source = clusterToAsk(options, terminal.environment);
  const cluster = await askCluster(source, { excludeNamespaces: [] }, undefined, terminal.stop);
  try {
    const says = options.says?.replaceAll('\n', ' ') ?? 'Objects of a cluster.';
    deliver(writeDump(cluster.view, `${says} Kubernetes ${cluster.version}.`), options.output, terminal);
    return 0;
  } finally {
    await cluster.close();
  }
}
