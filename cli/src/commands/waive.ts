import { PlumblineError, type WaiverKind, waiverKinds } from '@plumbline/core';
import { type Command, Option } from 'commander';
import type { ExitCode } from '../exit.ts';
import { waiverLines } from '../formats/waivers.ts';
import { type Place, tokenOf, usualUrl } from '../server/place.ts';
import { listWaivers, makeWaiver, removeWaiver, type ServedWaiver } from '../server/waivers.ts';
import type { Terminal } from '../terminal.ts';
import { printableJson } from '../text/escape.ts';

/** Fields of a waiver that are options as they are. */
const fields = [
  'control',
  'number',
  'benchmark',
  'cluster',
  'node',
  'nodeSelector',
  'namespace',
  'subject',
  'owner',
  'reason',
  'expires',
  'compensating',
] as const;

/** Options of `plumbline waive` as commander gives them. */
export interface WaiveOptions extends Partial<Record<(typeof fields)[number], string>> {
  readonly url: string;
  readonly tokenFile?: string;
  readonly list?: true;
  readonly remove?: string;
  readonly kind: WaiverKind;
  readonly format: 'table' | 'json';
}

/** `plumbline waive`. */
export function addWaive(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('waive')
    .description('record who takes which risk until when at an aggregator; the verdict stays what it is')
    .option('--list', 'list the waivers there are, and how each stands')
    .option('--remove <id>', 'end a waiver now')
    .option('--control <slug>', 'the control, by slug, or by number with --benchmark')
    .option('--number <number>', 'the control by its number in --benchmark')
    .option('--reason <text>', 'why, in words that an auditor can follow')
    .option('--owner <name>', 'the person who answers for it')
    .option('--expires <date>', 'when it ends by itself, for instance 2027-01-31; at most two years ahead')
    .addOption(new Option('--kind <kind>', 'what it says').choices(waiverKinds).default('accepted-risk'))
    .option('--compensating <text>', 'the measure that covers the risk; needed with --kind mitigated')
    .option('--benchmark <id>', 'findings of this document only')
    .option('--cluster <glob>', 'this cluster only')
    .option('--node <glob>', 'findings on these nodes only')
    .option('--node-selector <keys>', 'nodes with these label keys, or with ! without: pool,!gpu')
    .option('--namespace <glob>', 'subjects in these namespaces only')
    .option('--subject <glob>', 'these subjects only')
    .option('--server, --url <url>', 'the aggregator', usualUrl)
    .option('--token-file <file>', 'file with the token to send; writing needs one of an operator')
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'json']).default('table'))
    .action(async (options: WaiveOptions) => done(await waive(options, terminal)));
}

/** Exit 0 where it was done. Throws coded errors where it could not be. */
async function waive(options: WaiveOptions, terminal: Terminal): Promise<ExitCode> {
  const { url, tokenFile, list, remove, format } = options;
  const place: Place = { url, token: tokenOf(tokenFile), stop: terminal.stop };
  const say = (json: object, text: () => readonly string[]) =>
    terminal.out(format === 'json' ? `${printableJson(json)}\n` : `${text().join('\n')}\n`);
  const lines = (waivers: readonly ServedWaiver[]) => () => waiverLines(waivers, terminal.sheet);
  if (list) {
    const waivers = await listWaivers(place);
    say({ waivers }, lines(waivers));
  } else if (remove !== undefined) {
    await removeWaiver(place, remove);
    say({ removed: remove }, () => [`Waiver ${remove} is removed.`]);
  } else {
    const waiver = await makeWaiver(place, bodyOf(options));
    say({ waiver }, lines([waiver]));
  }
  return 0;
}

function bodyOf(options: WaiveOptions): object {
  const given = fields.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  if (given.length > 0) return { kind: options.kind, ...Object.fromEntries(given) };
  throw new PlumblineError(
    'PLB_CONFIG_INVALID',
    'Give --control, --reason, --owner and --expires, or --list, or --remove ID.',
  );
}
