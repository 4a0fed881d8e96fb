import { PlumblineError, type Severity } from '@plumbline/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../exit.ts';
import { type Gate, gateOf, type Judged, type Marks, type Outcome } from '../gate/gate.ts';
import { judgedReport } from '../gate/saved.ts';
import { judgedServed } from '../gate/served.ts';
import { type GateFormat, gateFormatNames, gateFormats } from '../gate/shown.ts';
import { deliver } from '../output.ts';
import { tokenOf, usualUrl } from '../server/place.ts';
import type { Terminal } from '../terminal.ts';
import { plain } from '../text/paint.ts';

/** Options of `plumbline gate` as commander gives them. */
export interface GateOptions {
  readonly minScore?: number;
  readonly minCoverage?: number;
  readonly failOn?: Severity;
  readonly since?: string;
  readonly scan?: string;
  readonly maxAge: number;
  readonly allowPartial?: true;
  readonly adjusted?: true;
  readonly report?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly format: GateFormat;
  readonly output?: string;
}

/** `plumbline gate`. */
export function addGate(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('gate')
    .description('exit 0 when a cluster is as good as it must be, 1 when it is not, 2 when nobody can say')
    .option('--min-score <percent>', 'least score (default: --min-coverage)', percents)
    .option('--min-coverage <percent>', 'least coverage (default: --min-score)', percents)
    .addOption(
      new Option('--fail-on <severity>', 'no control this severe or worse may fail').choices([
        'critical',
        'high',
        'medium',
        'low',
      ]),
    )
    .option('--since <scan>', 'nothing may be worse than in this scan: its name, id or latest; with --report a report')
    .option('--scan <scan>', 'judge this scan, by name, id or latest, instead of what is known now')
    .option('--max-age <hours>', 'a scan that is older says nothing about today', hours, 24)
    .option('--allow-partial', 'judge even where nodes are silent or objects unknown')
    .option('--adjusted', 'count with waivers and attestations')
    .addOption(
      new Option('--report <file>', 'judge a report of plumbline audit --format json, without an aggregator').conflicts(
        ['url', 'scan', 'tokenFile'],
      ),
    )
    .option('--url <url>', `ask this aggregator (default: ${usualUrl})`)
    .option('--token-file <file>', 'file with the token to send')
    .addOption(new Option('--format <format>', 'output format').choices(gateFormatNames).default('table'))
    .option('--output <file>', 'write it there instead of standard output')
    .action(async (options: GateOptions) => done(await gate(options, terminal)));
}

const exitCodes: Readonly<Record<Outcome, ExitCode>> = { reached: 0, missed: 1, unjudged: 2 };

/** Exit 0 where everything is reached. Throws coded errors where it cannot be judged, after it has said so in its format. */
async function gate(options: GateOptions, terminal: Terminal): Promise<ExitCode> {
  const marks = marksOf(options);
  try {
    const judged = await judgedBy(options, marks, terminal);
    return show(judged.name, gateOf(judged, marks));
  } catch (error) {
    if (!(error instanceof PlumblineError)) throw error;
    const checks = [
      { name: 'judged', outcome: 'unjudged', text: `${error.code}: ${error.message}`, details: [] },
    ] as const;
    show(options.report ?? options.url ?? usualUrl, { outcome: 'unjudged', ratios: undefined, checks });
    throw error;
  }

  function show(name: string, result: Gate): ExitCode {
    const exitCode = exitCodes[result.outcome];
    const sheet = options.output === undefined ? terminal.sheet : { ...terminal.sheet, paint: plain };
    deliver(gateFormats[options.format]({ ...result, name, marks, exitCode }, sheet), options.output, terminal);
    return exitCode;
  }
}

function judgedBy(options: GateOptions, marks: Marks, terminal: Terminal): Promise<Judged> | Judged {
  const { report, since, scan, maxAge, url = usualUrl, tokenFile } = options;
  if (report !== undefined) return judgedReport(report, since, marks);
  const place = { url, token: tokenOf(tokenFile), stop: terminal.stop };
  return judgedServed(place, { ...marks, scan, since, maxAge });
}

/** A score says nothing about what nobody looked at: where one mark is given, the other is as high. */
function marksOf({ minScore, minCoverage, failOn, since, allowPartial, adjusted }: GateOptions): Marks {
  if ([minScore, minCoverage, failOn, since].every((one) => one === undefined))
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      'Say what must be reached: --min-score and --min-coverage, --fail-on or --since.',
    );
  return {
    ...{ minScore: minScore ?? minCoverage, minCoverage: minCoverage ?? minScore, failOn },
    ...{ allowPartial: allowPartial === true, adjusted: adjusted === true },
  };
}

function percents(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(text) || value > 100)
    throw new InvalidArgumentError('It is a number of percents from 0 to 100.');
  return value;
}

function hours(text: string): number {
  const value = Number(text);
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text) || value === 0) throw new InvalidArgumentError('It is a number of hours.');
  return value;
}
