import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cluster, kubectl } from './cluster.ts';

const images = join(import.meta.dirname, '..', '..', 'images');
const home = join(process.env['PLUMBLINE_CLUSTER_HOME'] ?? '/var/tmp/plumbline-cluster', 'images');

/** Builds both images, loads them into the cluster and deploys the manifests. */
export function deploy(): void {
  run('build.sh');
  run('deploy.sh');
}

/** Takes the deployment away again. */
export function undeploy(): void {
  run('undeploy.sh');
}

function run(script: string): void {
  execFileSync('bash', [join(images, script)], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** An answer of the deployed aggregator's REST, asked from inside the cluster's network. */
export function rest<T>(path: string): T {
  const address = kubectl(
    '-n',
    'plumbline',
    'get',
    'service',
    'plumbline-aggregator',
    '-o',
    'jsonpath={.spec.clusterIP}',
  );
  const token = readFileSync(join(home, 'deploy', 'token'), 'utf8').trim();
  return JSON.parse(
    cluster(
      'in',
      'curl',
      '-sS',
      '--fail-with-body',
      '--cacert',
      join(home, 'deploy', 'ca.crt'),
      '-H',
      `Authorization: Bearer ${token}`,
      `https://${address}:8080${path}`,
    ),
  ) as T;
}

/** Every item of a paged list. */
export function restAll<T>(path: string, key: string): readonly T[] {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Record<string, unknown> = rest(
      `${path}&limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    items.push(...(page[key] as T[]));
    cursor = page['nextCursor'] as string | null;
  }
  return items;
}
