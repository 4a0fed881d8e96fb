import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controlsPage, factsPage, metricsPage } from '../generated.ts';
import { shippedPack } from '../pack.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const product = tracked.filter((file) => /^(core|proto|agent|aggregator|cli)\/src\/.*\.ts$/.test(file));

test('the generated pages are current (npm run accept)', () => {
  expect(read('docs/controls.md')).toBe(controlsPage(shippedPack()));
  expect(read('docs/facts.md')).toBe(factsPage());
  expect(read('docs/metrics.md')).toBe(metricsPage());
});

test('import rules hold, and modules were really looked at', { timeout: 120_000 }, () => {
  const output = execFileSync(
    'depcruise',
    [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'core/src',
      'proto/src',
      'agent/src',
      'aggregator/src',
      'cli/src',
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const { summary } = JSON.parse(output) as {
    summary: {
      totalCruised: number;
      error: number;
      violations: readonly { from: string; to: string; rule: { name: string } }[];
    };
  };
  expect(summary.totalCruised).toBeGreaterThan(100);
  expect(summary.violations.map((one) => `${one.rule.name}: ${one.from} -> ${one.to}`)).toEqual([]);
});

test('no source file grows beyond 400 lines; literal tables of tests may', () => {
  const long = tracked
    .filter((file) => /\.(ts|sh)$/.test(file) && !file.endsWith('.test.ts'))
    .filter((file) => read(file).split('\n').length > 400);
  expect(long).toEqual([]);
});

test('nothing of the product runs a program, and nothing is switched off or left undone', () => {
  const bad = /child_process|@ts-ignore|@ts-expect-error|biome-ignore|\bas any\b|\bTODO\b|\bFIXME\b/;
  expect(product.filter((file) => bad.test(read(file)))).toEqual([]);
});

test('nothing depends on what lies beside the project', () => {
  const outside = /\.\.\/shared|\/work\/shared|\.library/;
  expect(
    tracked
      .filter((file) => /\.(ts|cjs|json|sh|yaml|yml)$/.test(file) && file !== 'test/repository/house.test.ts')
      .filter((file) => outside.test(read(file))),
  ).toEqual([]);
});

test('SQL lives in the store', () => {
  const sql = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\b[^;]*\b(FROM|VALUES|SET|INTO|WHERE|\()/;
  expect(product.filter((file) => !file.startsWith('aggregator/src/store/') && sql.test(read(file)))).toEqual([]);
});
