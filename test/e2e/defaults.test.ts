import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the tables of defaults agree with the binaries of the minor that is built here', { timeout: 120_000 }, () => {
  const bin = join(process.env['PLUMBLINE_CLUSTER_HOME'] ?? '/var/tmp/plumbline-cluster', 'bin');
  const output = execFileSync('bash', [join(import.meta.dirname, '..', 'defaults', 'verify.sh'), bin], {
    encoding: 'utf8',
  });
  expect(output).toMatch(/\b0 differences\b/);
});
