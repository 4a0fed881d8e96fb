import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '@plumbline/core';
import { contentDigest } from '@plumbline/proto';
import Database from 'better-sqlite3';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { end, serverOf } from './compare.ts';
import { type Measure, quantile } from './measure.ts';

const nodes = 5000;
const facts = 20;
const intervals = 1_000_000;
const start = end - 365 * 86_400_000;
const rounds = 200;
const warmUp = 5;
/** Every tenth change is part of a roll-out that reaches this many nodes, ten a second. */
const rolledOut = 500;

const ago = (days: number) => new Date(end - days * 86_400_000).toISOString();

const questions: readonly (readonly [name: string, query: (round: number) => string])[] = [
  ['the newest page, grouped', () => ''],
  ['the newest 500, each by itself', () => 'grouped=false&limit=500'],
  ['a page half a year ago', (n) => `to=${ago(180 + n / 10)}`],
  ['one node', (n) => `node=node-${n * 7}`],
  ['one node, the oldest', (n) => `node=node-${n * 7}&to=${ago(300)}`],
  ['one file on all nodes', (n) => `subject=/etc/file-${n % facts}&to=${ago(n)}`],
  ['a fact that never changes', (n) => `fact=cni&to=${ago(n)}`],
];

/** The feed of changes over a year of history with a million fact intervals, as the API answers it in this process. */
export async function benchDrift(): Promise<readonly Measure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-drift-'));
  const file = join(directory, 'plumbline.db');
  try {
    await writeChanges(file);
    const store = await openStore(file);
    const measures = await measured(store);
    store.close();
    return measures;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measured(store: Store): Promise<readonly Measure[]> {
  const server = await serverOf(store);
  const size = store.size().database / 1048576;
  const measures: Measure[] = [{ name: `database of ${intervals} fact intervals`, value: size, unit: 'MiB' }];
  for (const [name, query] of questions) {
    const times: number[] = [];
    for (let round = -warmUp; round < rounds; round++) {
      const began = performance.now();
      const answer = await server.inject({ url: `/api/v1/drift?${query(Math.abs(round))}` });
      if (round >= 0) times.push(performance.now() - began);
      if (answer.statusCode !== 200) throw new Error(answer.body);
    }
    measures.push({ name: `${name}, median`, value: quantile(times, 0.5), unit: 'ms' });
    measures.push({ name: `${name}, p99 of ${rounds}`, value: quantile(times, 0.99), unit: 'ms', limit: 100 });
  }
  await server.close();
  return measures;
}

interface Place {
  id: number;
  from: number;
  mode: number;
}

/** Places change one after the other, evenly over the year; between them come roll-outs. Rows as the store writes them. */
async function writeChanges(file: string): Promise<void> {
  const store = await openStore(file);
  for (let n = 0; n < nodes; n++) store.nodes.ensure(`node-${n}`, start);
  store.close();
  const db = new Database(file);
  const text = db.prepare<[string]>('INSERT INTO text (body) VALUES (?)');
  const value = db.prepare<[Buffer, string]>('INSERT INTO fact_value (digest, json) VALUES (?,?)');
  const insert = db.prepare(
    `INSERT INTO fact (node, fact, subject, state, value, content, observed_at, "from", previous) VALUES (?,?,?,0,?,?,?,?,?)`,
  );
  const close = db.prepare<[number, number]>('UPDATE fact SET until = ? WHERE id = ?');
  db.transaction(() => {
    const fact = Number(text.run('file').lastInsertRowid);
    const subjects = Array.from({ length: facts }, (_, n) => Number(text.run(`/etc/file-${n}`).lastInsertRowid));
    const values = Array.from({ length: 64 }, (_, n) => modeValue(n)).map(({ json, content }) => ({
      id: Number(value.run(content.subarray(0, 16), json).lastInsertRowid),
      content,
    }));
    const places: Place[] = [];
    const write = (index: number, at: number, mode: number) => {
      const before = places[index];
      const seen = values[mode];
      if (!seen) throw new Error('every mode has a value');
      if (before) close.run(at, before.id);
      const node = 1 + Math.floor(index / facts);
      const done = insert.run(node, fact, subjects[index % facts], seen.id, seen.content, at, at, before?.id ?? null);
      places[index] = { id: Number(done.lastInsertRowid), from: at, mode };
    };
    for (let index = 0; index < nodes * facts; index++) write(index, start, 0);
    const changes = intervals - nodes * facts;
    const rollOuts = changes / 10 / rolledOut;
    const step = (end - start) / changes;
    let done = 0;
    for (let turn = 0; done < changes; turn++) {
      const at = Math.floor(start + (done + 1) * step);
      const index = (turn * 7919) % (nodes * facts);
      write(index, at, 1 + ((places[index]?.mode ?? 0) % 63));
      done++;
      if (done % Math.floor(changes / rollOuts) !== 0) continue;
      for (let n = 0; n < rolledOut && done < changes; n++, done++) write(n * facts, at + n * 100, 1 + (turn % 63));
    }
  })();
  db.close();
}

function modeValue(n: number) {
  const mode = `0${(n + 0o600).toString(8)}`;
  const value = { type: 'file', mode, uid: 0, gid: 0, owner: 'root', group: 'root' };
  const seen: Observation = { fact: 'file', subject: '/etc/file', state: 'observed', value, observedAt: '' };
  return { json: JSON.stringify(value), content: Buffer.from(contentDigest(seen), 'hex') };
}
