import { loadPack } from '@plumbline/proto';
import type { Command } from 'commander';
import { record } from '../audit/look.ts';
import type { ExitCode } from '../exit.ts';
import { deliver } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `plumbline record` as commander gives them. */
export interface RecordOptions {
  readonly hostRoot: string;
  readonly output?: string;
}

/** `plumbline record`. */
export function addRecord(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('record')
    .description('write this node as a text fixture, secrets removed, for `audit --node`')
    .option('--host-root <dir>', 'where the root of the node is mounted', '/')
    .option('--output <file>', 'write the fixture there instead of standard output')
    .action(async (options: RecordOptions) => {
      const pack = loadPack(terminal.environment['PLUMBLINE_BENCHMARKS']);
      const text = await record({ pack, clock: terminal.now, hostRoot: options.hostRoot, signal: terminal.stop });
      deliver(text, options.output, terminal);
      done(0);
    });
}
