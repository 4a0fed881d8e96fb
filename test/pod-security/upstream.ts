import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@plumbline/core';
import { parse } from 'yaml';

/** One pod that upstream wrote down, with what its own evaluator says of it. */
export interface Fixture {
  /** `restricted/v1.34/fail/privileged0`. */
  readonly name: string;
  readonly level: 'baseline' | 'restricted';
  readonly minor: number;
  readonly allowed: boolean;
  /** Upstream's check that the pod is about, in lower case. */
  readonly about: string;
  readonly pod: JsonObject;
}

/** Where the source of k8s.io/pod-security-admission lies, or why it cannot be had. Pinned in go.mod, verified by go.sum. */
export function upstreamSource(): { readonly folder: string } | { readonly missing: string } {
  const result = spawnSync('go', ['mod', 'download', '-json', 'k8s.io/pod-security-admission'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 100_000,
  });
  if (result.error) return { missing: `Go does not run here (${result.error.message})` };
  const said = result.stdout.trim().startsWith('{') ? (JSON.parse(result.stdout) as Record<string, string>) : {};
  const folder = said['Dir'];
  return folder !== undefined && result.status === 0
    ? { folder }
    : { missing: `the module cannot be had: ${said['Error'] ?? result.stderr.trim()}` };
}

/** Every fixture of the module, pods as the API would serve them. */
export function readFixtures(folder: string): readonly Fixture[] {
  const data = join(folder, 'test', 'testdata');
  return (['baseline', 'restricted'] as const).flatMap((level) =>
    readdirSync(join(data, level)).flatMap((version) =>
      ['pass', 'fail'].flatMap((verdict) =>
        readdirSync(join(data, level, version, verdict)).map((file) => ({
          name: `${level}/${version}/${verdict}/${file.replace('.yaml', '')}`,
          level,
          minor: Number(version.replace('v1.', '')),
          allowed: verdict === 'pass',
          about: file.replace(/\d*\.yaml$/, ''),
          pod: parse(readFileSync(join(data, level, version, verdict, file), 'utf8')) as JsonObject,
        })),
      ),
    ),
  );
}
