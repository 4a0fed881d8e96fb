import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import type { UpOptions } from '../up/up.ts';

/** `plumbline up`. */
export function addUp(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('up')
    .description('serve the audit of this node or cluster, or of the recorded cluster, on this machine')
    .option('--port <port>', 'port on 127.0.0.1', portOf, 8080)
    .option('--data-dir <dir>', 'where the database lies', '.plumbline')
    .option('--kubernetes-version <version>', 'version where no cluster tells it, for instance 1.34')
    .option('--benchmark <id>', 'document to use, for instance cis/kubernetes-1.8 (default: by version)')
    .option('--alerts-file <file>', 'receivers and rules of alerts')
    .option('--recorded', 'show the recorded cluster, whatever is here')
    .option('--once', 'print the summary and end')
    .action(async (options: UpOptions) => {
      // Server, database and Kubernetes client take a second to load; the other commands do not need them.
      const { up } = await import('../up/up.ts');
      done(await up(options, terminal));
    });
}

function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It is a number up to 65535.');
  return Number(text);
}
