import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '@plumbline/core';

const root = join(import.meta.dirname, '..', '..', '..');

/** What the API server says of a pod that is not made: `invalid` before admission was asked. */
export type Answer = 'admitted' | 'refused' | 'invalid';

/** Asks the real API server about pods in a namespace, all at once; nothing is made. */
export function dryRun(namespace: string, pods: readonly JsonObject[]): readonly Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-dry-run-'));
  try {
    const file = join(folder, 'pods.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods.map(named) }));
    const script = join(root, 'test', 'cluster', 'cluster.sh');
    const args = [
      script,
      'in',
      'kubectl',
      '-n',
      namespace,
      'create',
      '--dry-run=server',
      '--validate=false',
      '-f',
      file,
    ];
    const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8', cwd: root, maxBuffer: 64 * 1024 * 1024 });
    return pods.map((_, index) => answerOf(index, stdout, stderr));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function named(pod: JsonObject, index: number): JsonObject {
  const metadata = isJsonObject(pod['metadata']) ? pod['metadata'] : {};
  const { namespace: _, ...rest } = metadata;
  return { ...pod, metadata: { ...rest, name: nameOf(index) } };
}

function nameOf(index: number): string {
  return `probe-${index}-end`;
}

function answerOf(index: number, stdout: string, stderr: string): Answer {
  const name = nameOf(index);
  if (stdout.includes(`pod/${name} created`)) return 'admitted';
  // Forbidden is a refusal of admission, Invalid a pod that is none; policies of the API server say Invalid too, and that they denied it.
  const line = stderr.split('\n').find((one) => one.includes(`"${name}"`)) ?? '';
  if (line.includes('(Forbidden)') || line.includes('denied request')) return 'refused';
  if (line.includes('is invalid')) return 'invalid';
  throw new Error(`the API server says nothing of ${name}: ${line || stderr.slice(0, 500)}`);
}
