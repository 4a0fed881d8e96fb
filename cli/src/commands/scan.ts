import { setTimeout as sleep } from 'node:timers/promises';
import { PlumblineError } from '@plumbline/core';
import { type Command, Option } from 'commander';
import type { ExitCode } from '../exit.ts';
import { countTable } from '../formats/summary.ts';
import { deliver } from '../output.ts';
import { type Place, tokenOf, usualUrl } from '../server/place.ts';
import { beginScan, type ServedScan, scanName, scanOf } from '../server/scan.ts';
import type { Terminal } from '../terminal.ts';
import { escapeText, printableJson } from '../text/escape.ts';
import type { Style } from '../text/paint.ts';
import { wrap } from '../text/wrap.ts';

/** Options of `plumbline scan` as commander gives them. */
export interface ScanOptions {
  readonly name?: string;
  readonly note?: string;
  readonly wait?: true;
  readonly allowPartial?: true;
  readonly url: string;
  readonly tokenFile?: string;
  readonly format: 'table' | 'json';
}

/** `plumbline scan`. */
export function addScan(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('scan')
    .description('have every agent of an aggregator look now, and keep the instant')
    .option('--name <name>', 'keep it under this name, for compare and gate')
    .option('--note <text>', 'what it is for')
    .option('--wait', 'wait for its end and print what was counted; exit 2 unless it is complete')
    .option('--allow-partial', 'with --wait: exit 0 although nodes were silent or objects unknown')
    .option('--url <url>', 'the aggregator', usualUrl)
    .option('--token-file <file>', 'file with the token of an operator')
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'json']).default('table'))
    .action(async (options: ScanOptions) => done(await scan(options, terminal)));
}

const glanceMs = 250;
/** After its deadline a scan ends at once; what comes on top is the way there and back. */
const graceMs = 30_000;

async function scan(options: ScanOptions, terminal: Terminal): Promise<ExitCode> {
  const { url, tokenFile, name, note, wait, allowPartial, format } = options;
  const place: Place = { url, token: tokenOf(tokenFile), stop: terminal.stop };
  const naming = { ...(name === undefined ? {} : { name }), ...(note === undefined ? {} : { note }) };
  const begun = await beginScan(place, naming);
  const seen = wait ? await ended(place, begun.scan) : begun.scan;
  const answer = { scan: seen, joined: begun.joined };
  const text = format === 'json' ? `${printableJson(answer)}\n` : scanText(answer, terminal);
  deliver(text, undefined, terminal);
  const fine = ['running', 'complete', ...(allowPartial ? ['partial'] : [])];
  return fine.includes(seen.state) ? 0 : 2;
}

/** Asks until it has ended. Throws PLB_NOT_JUDGED when that takes longer than it may. */
async function ended(place: Place, begun: ServedScan): Promise<ServedScan> {
  // By the aggregator's own clock: that of this machine may be another.
  const within = Date.parse(begun.deadline) - Date.parse(begun.requestedAt) + graceMs;
  const late = performance.now() + within;
  for (let now = begun; ; now = (await scanOf(place, begun.id)).scan) {
    if (now.state !== 'running') return now;
    if (!(performance.now() < late))
      throw new PlumblineError('PLB_NOT_JUDGED', `Scan ${scanName(now)} does not end; look at the aggregator.`);
    await sleep(glanceMs, undefined, { signal: place.stop });
  }
}

const styles: Readonly<Record<ServedScan['state'], Style>> = {
  running: 'cyan',
  complete: 'green',
  partial: 'yellow',
  failed: 'red',
};

function scanText({ scan, joined }: { scan: ServedScan; joined: boolean }, { sheet }: Terminal): string {
  const { width, paint } = sheet;
  const { state, at, summary, nodes, message, note } = scan;
  const { sections, ...all } = summary ?? { sections: {} };
  const rows = Object.entries(sections).map(([section, counts]) => ({ name: `Section ${section}`, summary: counts }));
  const whole = 'total' in all ? [{ name: `All ${all.total} controls`, summary: all }] : [];
  const lines = [
    `Scan ${escapeText(scanName(scan))}: ${paint(['bold', styles[state]], state)}${at === null ? '' : `, ${at}`}`,
    ...(note === null ? [] : wrap(escapeText(note), width)),
    ...(joined ? wrap('It ran already, and the agents look once more.', width) : []),
    ...(message === null ? [] : wrap(escapeText(message), width).map((line) => paint(styles[state], line))),
    ...(nodes ? [`${nodes.reporting} of ${nodes.total} nodes report.`] : []),
    ...(summary ? ['', ...countTable([...rows, ...whole], paint)] : []),
    ...(state === 'running' ? [`It ends by ${scan.deadline}; --wait waits for it.`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
