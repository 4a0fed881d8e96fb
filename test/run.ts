/**
 * `npm test` after the static checks: every project of vitest, from unit to end to end. What this machine lacks is skipped with a
 * printed reason; with CI=true nothing that needs the real cluster may skip. The last line is `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const root = join(import.meta.dirname, '..');
const onCi = process.env['CI'] === 'true';
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const reports = mkdtempSync(join(tmpdir(), 'plumbline-test-'));

for (const project of ['unit', 'repository', 'integration']) runProject(project);
runClusterTests();
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

function runProject(project: string): void {
  const file = join(reports, `${project}.json`);
  const result = spawnSync(
    'vitest',
    [
      ...['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      // The unit tests hold core's coverage (vitest.config.ts).
      ...(project === 'unit' ? ['--coverage'] : []),
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
  if (!existsSync(file)) {
    console.error(`${project}: no report was written (exit ${result.status})`);
    total.failed++;
    return;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests;
  total.failed += report.numFailedTests;
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.every((test) => test.status !== 'failed'),
  );
  total.failed += broken.length;
  if (result.status !== 0 && report.numFailedTests + broken.length === 0) total.failed++;
  for (const test of report.testResults.flatMap((one) => one.assertionResults)) {
    if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
  }
}

function runClusterTests(): void {
  const reason = whyNoCluster();
  if (reason !== undefined && !onCi) {
    console.log(`skipped: every end-to-end test on a real cluster: ${reason}`);
    total.skipped++;
    return;
  }
  const up = spawnSync('bash', ['test/cluster/cluster.sh', 'up'], { cwd: root, stdio: 'inherit' });
  if (up.status !== 0) {
    console.error('the cluster did not come up');
    total.failed++;
    return;
  }
  runProject('e2e');
}

/** undefined where the end-to-end tests can run: as root, on CI or beside a cluster that `npm run cluster -- up` made. */
function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  if (existsSync('/etc/kubernetes/.plumbline-cluster')) return undefined;
  return 'no cluster is up; `npm run cluster -- up` makes one';
}
