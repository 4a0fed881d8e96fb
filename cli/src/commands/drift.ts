import { PlumblineError } from '@plumbline/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isChange, type ServedChange } from '../drift/change.ts';
import { followEvents } from '../drift/follow.ts';
import { changeLines } from '../drift/lines.ts';
import type { ExitCode } from '../exit.ts';
import { asked, noAggregator, type Place, tokenOf, usualUrl } from '../server/place.ts';
import type { Terminal } from '../terminal.ts';
import { escapeJson } from '../text/escape.ts';

/** Options of `plumbline drift` as commander gives them. */
export interface DriftOptions {
  readonly since?: string;
  readonly node?: string;
  readonly fact?: string;
  readonly control?: string;
  readonly kind?: string;
  readonly limit: number;
  readonly follow?: true;
  readonly url: string;
  readonly tokenFile?: string;
  readonly format: 'table' | 'json';
}

/** `plumbline drift`. */
export function addDrift(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('drift')
    .description('what changed in a cluster: which value, where, from what to what, and the verdicts that followed')
    .option('--since <time>', 'ISO 8601, or so long ago: 30m, 1h, 7d (default: 1h; with --follow only what comes)')
    .option('--node <name>', 'one node; cluster for objects')
    .option('--fact <name>', 'one fact, for instance process, file or object')
    .option('--control <slug>', 'what moved this control, by slug or number')
    .option('--kind <list>', 'drift, verdict, presence (default: drift; with --follow all)')
    .option('--limit <number>', 'the newest so many', count, 100)
    .option('--follow', 'go on with what changes, until interrupted')
    .option('--server, --url <url>', 'the aggregator', usualUrl)
    .option('--token-file <file>', 'file with the token to send')
    .addOption(new Option('--format <format>', 'json: one change a line').choices(['table', 'json']).default('table'))
    .action(async (options: DriftOptions) => done(await drift(options, terminal)));
}

async function drift(options: DriftOptions, terminal: Terminal): Promise<ExitCode> {
  const { url, tokenFile, since, follow } = options;
  const place: Place = { url, token: tokenOf(tokenFile), stop: terminal.stop };
  const show = (change: ServedChange) =>
    terminal.out(
      options.format === 'json' ? `${escapeJson(JSON.stringify(change))}\n` : changeLines(change, terminal.sheet),
    );
  const from = since === undefined && follow ? undefined : fromOf(since ?? '1h', terminal.now());
  const known = new Set<string>();
  const list = async () => {
    if (from === undefined) return;
    for (const change of await listed(place, options, from)) {
      for (const key of keysOf(change)) known.add(key);
      show(change);
    }
  };
  if (!follow) {
    await list();
    return 0;
  }
  const { node, control, kind, fact } = options;
  await followEvents(place, {
    parameters: { node, control, kinds: kind },
    // What is committed while the list is asked comes twice.
    connected: list,
    event({ event, data }) {
      if (event === 'reset') terminal.err('Some changes came too long ago to be told here; ask with --since.\n');
      const change: unknown = JSON.parse(data);
      if (!isChange(change) || keysOf(change).some((key) => known.has(key))) return;
      if (fact === undefined || change.fact === fact) show(change);
    },
    broken: (why) => terminal.err(`The stream broke off (${why}); it goes on as soon as the aggregator answers.\n`),
  });
  return 0;
}

/** The newest, the oldest of them first. */
async function listed(place: Place, options: DriftOptions, from: string): Promise<readonly ServedChange[]> {
  const { node, fact, control, kind, limit } = options;
  const found: ServedChange[] = [];
  let cursor: string | undefined;
  do {
    const parameters = { from, node, fact, control, kind, limit: String(Math.min(limit - found.length, 500)), cursor };
    const { changes, nextCursor } = await asked(place, { path: 'drift', parameters });
    if (!Array.isArray(changes)) throw noAggregator(place.url, 200);
    found.push(...changes.filter(isChange));
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined;
  } while (cursor !== undefined && found.length < limit);
  return found.reverse();
}

function keysOf({ kind, at, nodes, fact, subject, number }: ServedChange): readonly string[] {
  return (nodes.length === 0 ? [null] : nodes).map((node) => JSON.stringify([kind, at, node, fact, subject, number]));
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function fromOf(since: string, now: Date): string {
  const [, number, unit = ''] = /^(\d{1,6})([smhd])$/.exec(since) ?? [];
  if (number !== undefined) return new Date(now.getTime() - Number(number) * (units[unit] ?? 1) * 1000).toISOString();
  if (/^\d{4}-\d\d/.test(since)) return since;
  throw new PlumblineError(
    'PLB_CONFIG_INVALID',
    `--since ${since} is neither a time in ISO 8601 nor like 30m, 1h or 7d.`,
  );
}

function count(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value === 0) throw new InvalidArgumentError('It is a number from 1 to 99999.');
  return value;
}
