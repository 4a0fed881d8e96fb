import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../build/bundle.ts';
import { programs, root } from '../build/programs.ts';

/** Every package whose code runs beside the agent's as uid 0 on every node; one more is a decision, not an accident. */
const packages = [
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@js-sdsl/ordered-map',
  '@pinojs/redact',
  '@protobufjs/aspromise',
  '@protobufjs/base64',
  '@protobufjs/codegen',
  '@protobufjs/eventemitter',
  '@protobufjs/fetch',
  '@protobufjs/float',
  '@protobufjs/path',
  '@protobufjs/pool',
  '@protobufjs/utf8',
  'atomic-sleep',
  'js-yaml',
  'lodash.camelcase',
  'long',
  'on-exit-leak-free',
  'pino',
  'pino-std-serializers',
  'protobufjs',
  'quick-format-unescaped',
  'safe-stable-stringify',
  'sonic-boom',
  'thread-stream',
];

/** Built-in modules by which a program starts another, runs a text, or is driven from outside. */
const forbidden = ['child_process', 'cluster', 'dgram', 'inspector', 'repl', 'vm', 'wasi'];

async function built(): Promise<string> {
  const agent = programs.find(({ name }) => name === 'agent');
  if (!agent) throw new Error('there is an agent');
  return bundle(agent, mkdtempSync(join(tmpdir(), 'plumbline-bundle-')));
}

describe('the agent as it is shipped', () => {
  let file: string;
  let text: string;
  beforeAll(async () => {
    file = await built();
    text = readFileSync(file, 'utf8');
  });

  it('carries these packages and no others', () => {
    const notices = readFileSync(join(dirname(file), 'THIRD-PARTY-NOTICES'), 'utf8');
    const named = [...notices.matchAll(/^={80}\n(\S+) \d/gm)].map(([, name = '']) => name);
    expect([...new Set(named)].sort()).toEqual(packages);
  });

  it('can start no program, whoever asks', () => {
    const modules = [...text.matchAll(/(?:from|require\(|import\()\s*"(?:node:)?([a-z_]+)"/g)].map(([, name]) => name);
    expect(new Set(modules).has('fs')).toBe(true);
    expect(forbidden.filter((name) => modules.includes(name))).toEqual([]);
    expect(text).not.toContain('child_process');
  });

  it('is the same bytes whenever it is built, and says nothing of where', async () => {
    expect(readFileSync(await built(), 'utf8')).toBe(text);
    expect(text).not.toContain(root);
  });
});
