import { PlumblineError } from '@plumbline/core';
import { type Command, Option } from 'commander';
import { compareReports } from '../compare/reports.ts';
import { compareServed } from '../compare/served.ts';
import type { Shown } from '../compare/shown.ts';
import { compareTable } from '../compare/table.ts';
import type { ExitCode } from '../exit.ts';
import { deliver } from '../output.ts';
import { tokenOf } from '../server/place.ts';
import type { Terminal } from '../terminal.ts';
import { printableJson } from '../text/escape.ts';
import { plain } from '../text/paint.ts';

/** Options of `plumbline compare` as commander gives them. */
export interface CompareOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly from?: string;
  readonly to?: string;
  readonly node?: string;
  readonly otherNode?: string;
  readonly benchmark?: string;
  readonly otherBenchmark?: string;
  readonly section?: string;
  readonly control?: string;
  readonly delta?: string;
  readonly format: 'table' | 'json';
  readonly output?: string;
}

/** `plumbline compare [BEFORE AFTER]`. */
export function addCompare(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('compare')
    .description('compare two JSON reports of audit, or two instants, nodes or documents of an aggregator')
    .argument('[before]', 'a report of plumbline audit --format json')
    .argument('[after]', 'another one')
    .option('--url <url>', 'ask this aggregator, for instance http://127.0.0.1:8080')
    .option('--token-file <file>', 'with --url: file with the token to send')
    .option('--from <time>', 'with --url: the side before, a time in ISO 8601 or a scan: its name, scan:12 or latest')
    .option('--to <time>', 'with --url: the side after, a time or a scan (default: now)')
    .option('--node <name>', 'with --url: one node; with --other-node the side before')
    .option('--other-node <name>', 'with --url: another node, the side after')
    .option('--benchmark <id>', 'with --url: one document; with --other-benchmark the side before')
    .option('--other-benchmark <id>', 'with --url: another document, the side after')
    .option('--section <number>', 'with --url: controls of a section, for instance 1.2')
    .option('--control <slug>', 'with --url: one control, by slug or number')
    .option('--delta <list>', 'with --url: list these changes only, for instance regressed,new')
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'json']).default('table'))
    .option('--output <file>', 'write it there instead of standard output')
    .action(async (before: string | undefined, after: string | undefined, options: CompareOptions) =>
      done(await compare([before, after], options, terminal)),
    );
}

/** Exit 0 whatever differs. Throws coded errors where it could not compare. */
async function compare(
  files: readonly (string | undefined)[],
  options: CompareOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const shown = await comparison(files, options, terminal);
  const sheet = options.output === undefined ? terminal.sheet : { ...terminal.sheet, paint: plain };
  const text = options.format === 'json' ? `${printableJson(shown.json)}\n` : compareTable(shown, sheet);
  deliver(text, options.output, terminal);
  return 0;
}

async function comparison(
  [before, after]: readonly (string | undefined)[],
  { url, tokenFile, format: _, output: __, ...parameters }: CompareOptions,
  terminal: Terminal,
): Promise<Shown> {
  if (url !== undefined && before === undefined) {
    return compareServed({ url, parameters: { ...parameters }, token: tokenOf(tokenFile), stop: terminal.stop });
  }
  if (url === undefined && before !== undefined && after !== undefined && Object.keys(parameters).length === 0) {
    return compareReports(before, after);
  }
  throw new PlumblineError(
    'PLB_CONFIG_INVALID',
    'Give two reports, or --url with --from, --other-node or --other-benchmark.',
  );
}
