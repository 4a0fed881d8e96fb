import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bystanders, type Host, type ObserveOptions, observeNode, watching } from '@plumbline/agent';
import { runAgent } from '@plumbline/agent/run';
import type { Pack } from '@plumbline/core';
import type { Terminal } from '../terminal.ts';
import { escapeText } from '../text/escape.ts';

/** A node that this process looks at: the machine itself or a recorded one. */
export interface LocalNode {
  readonly name: string;
  readonly host: Host;
}

/** The credential that agents and aggregator of this process share; it lives as long as both. */
export interface SharedToken {
  readonly file: string;
  /** Text of the aggregator's token file. */
  readonly entries: string;
  remove(): void;
}

/** A fresh token in a file that only this user reads. */
export function sharedToken(): SharedToken {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-'));
  const file = join(directory, 'token');
  const token = randomBytes(32).toString('hex');
  writeFileSync(file, token, { mode: 0o600 });
  return { file, entries: `${token} *\n`, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** What agents of this process need. */
export interface AgentsOptions {
  readonly pack: Pack;
  readonly nodes: readonly LocalNode[];
  readonly grpcAddress: string;
  readonly token: SharedToken;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const intervalSeconds = 60;
const rescanSeconds = 300;

/** Runs an agent for each node, through the same stream as anywhere else; resolves when all have stopped. */
export async function runAgents(options: AgentsOptions): Promise<void> {
  const { pack, nodes, grpcAddress, token, terminal, signal } = options;
  const clock = () => terminal.now().toISOString();
  await Promise.all(
    nodes.map(({ name, host }) =>
      runAgent({
        config: {
          hostRoot: '/',
          nodeName: name,
          target: { address: grpcAddress, tokenFile: token.file },
          intervalSeconds,
          rescanSeconds,
          spoolDirectory: undefined,
          health: { host: '127.0.0.1', port: 0 },
          benchmarks: undefined,
          logLevel: 'warn',
        },
        version: 'in-process',
        // The aggregator knows the versions and judges by them; here only what was seen counts.
        observe: looker({ host, pack, clock, versions: {}, bystanders: new Bystanders() }),
        watch: watching(host, pack),
        log: logTo(terminal, name, signal),
        signal,
      }),
    ),
  );
}

function looker(how: ObserveOptions) {
  return (signal: AbortSignal, unwatched: readonly string[]) => observeNode({ ...how, signal, unwatched });
}

/** Warnings go to standard error, one line each; ends of streams while stopping are none. */
function logTo(terminal: Terminal, node: string, signal: AbortSignal) {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn(fields: object, message: string) {
      if (!signal.aborted) terminal.err(`${escapeText(`agent of ${node}: ${message} ${JSON.stringify(fields)}`)}\n`);
    },
  };
}
