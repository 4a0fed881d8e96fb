/**
 * Commits one state after the other and says so after each: `node power-writer.ts FILE SYNCHRONOUS COMMITS`. Its system calls are what a
 * power cut is simulated with.
 */
import { writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { observations, send } from '../../aggregator/world.ts';

const [file = '', synchronous = 'FULL', commits = '0'] = process.argv.slice(2);
// Only the test of the test asks for less than the store does: the pragma is then taken away from it.
if (synchronous !== 'FULL') weaken(synchronous);
const store = await openStore(file);
writeSync(1, 'open\n');
for (let n = 1; n <= Number(commits); n++) {
  send(store, 'one', observations({ mode: mode(n) }), n, BigInt(n));
  writeSync(1, `ack ${n}\n`);
  if (n % 25 === 0) store.checkpoint();
}
store.close();

/** A value for each commit. */
export function mode(n: number): string {
  return `0${(n % 4096).toString(8)}`;
}

function weaken(to: string): void {
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (text: string, ...rest: unknown[]) {
    const asked = text.replace(/synchronous = FULL/, `synchronous = ${to}`);
    return (pragma as (...all: unknown[]) => unknown).call(this, asked, ...rest);
  };
}
