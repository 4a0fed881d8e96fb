import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const script = join(root, 'test', 'cluster', 'cluster.sh');

/** Runs a sub-command of the test cluster's script and returns its standard output; throws with its standard error. */
export function cluster(...args: readonly string[]): string {
  return execFileSync('bash', [script, ...args], { encoding: 'utf8', cwd: root, maxBuffer: 64 * 1024 * 1024 });
}

/** kubectl against the test cluster. */
export function kubectl(...args: readonly string[]): string {
  return cluster('in', 'kubectl', ...args);
}

/** kubectl with objects on its standard input, each time all of them. */
export function kubectlWith(objects: readonly object[], ...args: readonly string[]): string {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const all = [script, 'in', 'kubectl', ...args, '-f', '-'];
  return execFileSync('bash', all, { encoding: 'utf8', cwd: root, input, maxBuffer: 64 * 1024 * 1024 });
}

/** Polls until the answer is there; the last error is the message when it never comes. */
export async function until<T>(
  seconds: number,
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what} did not happen within ${seconds} s`, { cause: last });
}

/** Effective configuration as the real kubelet of this node serves it. */
export function configz(node: string): Record<string, unknown> {
  const text = kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/configz`);
  return (JSON.parse(text) as { kubeletconfig: Record<string, unknown> }).kubeletconfig;
}

/** Name of the control-plane node, which is this machine. */
export function nodeName(): string {
  return kubectl(
    'get',
    'nodes',
    '-l',
    'node-role.kubernetes.io/control-plane',
    '-o',
    'jsonpath={.items[0].metadata.name}',
  );
}

/** Waits until every system pod is ready: after a restart of etcd or the API server the others follow for a while. */
export async function settledCluster(): Promise<void> {
  await until(240, 'the cluster settles', () => {
    kubectl('-n', 'kube-system', 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=20s');
    kubectl('get', '--raw', '/readyz');
    return true;
  });
}
