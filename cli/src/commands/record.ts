import { recordNode } from '@plumbline/agent';
import { loadPack } from '@plumbline/proto';
import type { Command } from 'commander';
import { versionsOf } from '../audit/judge.ts';
import { realPlace } from '../audit/look.ts';
import type { ExitCode } from '../exit.ts';
import { deliver } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `plumbline record` as commander gives them. */
export interface RecordOptions {
  readonly hostRoot: string;
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
    .option('--kubernetes-version <version>', 'version to note in it, for instance 1.34')
    .option('--says <sentence>', 'what is special about this node, a comment at the top')
    .option('--output <file>', 'write the fixture there instead of standard output')
    .action(async (options: RecordOptions) => done(await record(options, terminal)));
}

/** Exit 0. Throws coded errors where the node cannot be looked at or the file cannot be written. */
export async function record(options: RecordOptions, terminal: Terminal): Promise<ExitCode> {
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
