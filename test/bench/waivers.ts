import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding, Status } from '@plumbline/core';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { shippedPack } from '../pack.ts';
import { serverOf } from './compare.ts';
import { type Measure, quantile } from './measure.ts';

const nodes = 7_700;
const waivers = 500;
const rounds = 200;
const start = Date.parse('2026-01-01T00:00:00.000Z');
const expires = '2027-06-01T00:00:00.000Z';

/** Counting with 500 waivers over a million current findings, while verdicts change between any two requests. */
export async function benchWaivers(): Promise<readonly Measure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-waivers-'));
  try {
    const store = await openStore(join(directory, 'plumbline.db'));
    const findings = fill(store);
    decide(store);
    const measures = await measured(store, findings);
    store.close();
    return measures;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One in ten fails, one in twenty warns; a turn changes two lines, as a change of one file does. */
function statusOf(node: number, line: number, turn: number): Status {
  const draw = (node * 7 + line * 13 + turn) % 20;
  return draw < 2 ? 'fail' : draw === 2 ? 'warn' : 'pass';
}

function findingsOf(node: number, turn = 0) {
  const document = shippedPack().benchmarks.find((one) => one.benchmark === 'cis/kubernetes-1.12');
  return (document?.controls ?? []).map(({ number, control, level, by }, line) => {
    const status = statusOf(node, line, line % 64 === turn % 64 ? turn : 0);
    const finding: Finding = {
      ...{ benchmark: 'cis/kubernetes-1.12', number, control, title: control, severity: 'high', level, by },
      ...{ subject: 'node', status, reason: status, message: status, evidence: [], remedy: 'none' },
    };
    return { finding, match: 'exact' as const };
  });
}

function fill(store: Store): number {
  let count = 0;
  for (let node = 0; node < nodes; node++) {
    store.nodes.ensure(`node-${node}`, start);
    const findings = findingsOf(node);
    count += findings.length;
    store.judge(`node-${node}`, findings, start);
  }
  return count;
}

function decide(store: Store): void {
  const controls = [...new Set(findingsOf(0).map(({ finding }) => finding.control))];
  for (let one = 0; one < waivers; one++) {
    const control = controls[one % controls.length] ?? '';
    const content = { kind: 'accepted-risk' as const, control, owner: 'bench', reason: 'bench', expires };
    store.decisions.add('waiver', { ...content, node: `node-${one % 10}*` }, { who: 'bench', at: start });
  }
}

async function measured(store: Store, findings: number): Promise<readonly Measure[]> {
  const server = await serverOf(store);
  const ask = async (url: string) => {
    const began = performance.now();
    const answer = await server.inject({ url });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return performance.now() - began;
  };
  const first = await ask('/api/v1/summary');
  const times: Record<string, number[]> = { summary: [], 'findings?waived=true&limit=100': [], 'nodes?limit=100': [] };
  for (let round = 0; round < rounds; round++) {
    const node = (round * 31) % nodes;
    store.judge(`node-${node}`, findingsOf(node, 1 + round), start + 1 + round);
    for (const [path, own] of Object.entries(times)) own.push(await ask(`/api/v1/${path}`));
  }
  const list: number[] = [];
  for (let page = 0; page < 5; page++) list.push(await ask(`/api/v1/waivers?limit=100&cursor=${page * 100}`));
  await server.close();
  return [
    { name: `findings under ${waivers} waivers`, value: findings, unit: 'findings' },
    { name: 'summary, the first after a start: every waived control is read', value: first, unit: 'ms' },
    ...Object.entries(times).map(([path, own]) => ({
      ...{
        name: `${path} after a change of a node, p99 of ${rounds}`,
        value: quantile(own, 0.99),
        unit: 'ms',
        limit: 50,
      },
    })),
    { name: 'waivers, the slowest page of 100', value: Math.max(...list), unit: 'ms' },
  ];
}
