/** `npm run bench`: prints every measure beside its goal; exit 1 when a goal is missed. `--write` puts them into docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { benchAgent } from './agent-run.ts';
import { benchCluster } from './cluster.ts';
import { benchCompare } from './compare.ts';
import { benchDrift } from './drift.ts';
import { benchFleet } from './fleet-ingest.ts';
import { benchFlood } from './flood.ts';
import type { Measure } from './measure.ts';
import { benchNodeAudit } from './node-audit.ts';
import { benchPast } from './past.ts';
import { benchRetention } from './retention.ts';
import { benchRights } from './rights.ts';
import { benchWaivers } from './waivers.ts';
import { benchWatching } from './watching.ts';
import { benchWire } from './wire.ts';

const groups: readonly (readonly [string, () => Promise<readonly Measure[]>])[] = [
  ['One node', benchNodeAudit],
  ['The agent', benchAgent],
  ['Watching', benchWatching],
  ['Wire', benchWire],
  ['Fleet', benchFleet],
  ['Flood', benchFlood],
  ['Cluster', benchCluster],
  ['Rights', benchRights],
  ['Comparison', benchCompare],
  ['Drift', benchDrift],
  ['The past', benchPast],
  ['Waivers', benchWaivers],
  ['Retention', benchRetention],
];

const lines: string[] = [];
let missed = 0;
for (const [title, run] of groups) {
  lines.push(`\n## ${title}\n`, '| measure | value | goal |', '|---|---|---|');
  for (const measure of await run()) {
    const bad = measure.limit !== undefined && measure.value > measure.limit;
    if (bad) missed++;
    const goal = measure.limit === undefined ? '' : `at most ${measure.limit} ${measure.unit}${bad ? ' — missed' : ''}`;
    lines.push(`| ${measure.name} | ${round(measure.value)} ${measure.unit} | ${goal} |`);
  }
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(2)} at the end`;
console.log([`Measured on ${machine}.`, ...lines].join('\n'));
if (process.argv.includes('--write')) {
  const file = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
  const text = readFileSync(file, 'utf8');
  const mark = '<!-- measured -->';
  writeFileSync(
    file,
    `${text.slice(0, text.indexOf(mark) + mark.length)}\n\nMeasured on ${machine}.\n${lines.join('\n')}\n`,
  );
}
process.exitCode = missed === 0 ? 0 : 1;

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
