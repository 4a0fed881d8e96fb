import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programs } from '../build/programs.ts';

const root = join(import.meta.dirname, '..', '..');

function read(name: string): string {
  return readFileSync(join(root, `Dockerfile.${name}`), 'utf8');
}

function instruction(text: string, name: string): readonly string[] {
  return text.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
}

/** What comes before the first stage, the build stage, the final stage. */
function parts(text: string): readonly string[] {
  return text.split(/^FROM /m);
}

describe('Dockerfiles', () => {
  it('share the build stage, so that a layer cache builds it once', () => {
    expect(parts(read('agent'))[1]).toBe(parts(read('aggregator'))[1]);
  });

  it.each(['agent', 'aggregator'])('%s: bases are arguments, nothing runs in the final image', (name) => {
    const [before, build, final, ...more] = parts(read(name));
    expect(more).toEqual([]);
    expect(instruction(before ?? '', 'ARG').map((text) => text.split('=')[0])).toEqual(['BUILD_BASE', 'RUNTIME_BASE']);
    expect(build).toMatch(/^\$\{BUILD_BASE\} AS build\n/);
    expect(final).toMatch(/^\$\{RUNTIME_BASE\}\n/);
    for (const forbidden of ['RUN', 'HEALTHCHECK', 'ADD']) expect(instruction(final ?? '', forbidden)).toEqual([]);
  });

  it('starts the agent as uid 0 with a small heap', () => {
    const text = read('agent');
    expect(instruction(text, 'USER')).toEqual(['0:0']);
    expect(entryPoint(text)).toEqual([
      '/nodejs/bin/node',
      '--jitless',
      '--max-semi-space-size=1',
      '--optimize-for-size',
      '--v8-pool-size=0',
      '--single-threaded',
      '--no-memory-reducer',
      '--max-old-space-size=32',
      '--disable-proto=delete',
      '/app/agent.mjs',
    ]);
  });

  it('starts the aggregator as nobody in particular', () => {
    const text = read('aggregator');
    expect(instruction(text, 'USER')).toEqual(['65532:65532']);
    expect(entryPoint(text)).toEqual([
      '/nodejs/bin/node',
      '--max-semi-space-size=8',
      '--disable-proto=delete',
      '/app/aggregator.mjs',
    ]);
  });

  it('start files that the build makes', () => {
    const made = programs.map(({ out }) => out);
    expect(made).toEqual(['agent/agent.mjs', 'aggregator/aggregator.mjs', 'cli/plumbline.mjs']);
  });
});

function entryPoint(text: string): unknown {
  return JSON.parse(instruction(text, 'ENTRYPOINT')[0] ?? 'null');
}
