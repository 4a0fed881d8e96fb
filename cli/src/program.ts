import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAudit } from './commands/audit.ts';
import { addCompare } from './commands/compare.ts';
import { addDrift } from './commands/drift.ts';
import { addGate } from './commands/gate.ts';
import { addRecord } from './commands/record.ts';
import { addScan } from './commands/scan.ts';
import { addUp } from './commands/up.ts';
import { addValidate } from './commands/validate.ts';
import { addWaive } from './commands/waive.ts';
import { type ExitCode, explain } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Runs `plumbline` with arguments (without node and script); resolves to the exit code, rejects only on bugs. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = 0;
  const done = (given: ExitCode) => {
    code = given;
  };
  const program = new Command('plumbline')
    .description('audits the nodes of a Kubernetes cluster against the CIS benchmark')
    .version(manifest.version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: () => undefined })
    .showHelpAfterError(false);
  addAudit(program, terminal, done);
  addUp(program, terminal, done);
  addCompare(program, terminal, done);
  addDrift(program, terminal, done);
  addScan(program, terminal, done);
  addGate(program, terminal, done);
  addRecord(program, terminal, done);
  addValidate(program, terminal, done);
  addWaive(program, terminal, done);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}
