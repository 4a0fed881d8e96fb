import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, Observation } from '@plumbline/core';
import { contentDigest, fromWire, keyOf, maxChunkBytes, stateDigest } from '@plumbline/proto';
import { buildSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backOff } from '../../agent/src/uplink/back-off.ts';
import { checkTarget } from '../../agent/src/uplink/channel.ts';
import { chunks, sizeOf, splitChange } from '../../agent/src/uplink/chunk.ts';
import { Outbox, type OutboxOptions } from '../../agent/src/uplink/outbox.ts';
import { Session } from '../../agent/src/uplink/session.ts';
import { replay, Spool } from '../../agent/src/uplink/spool.ts';
import { apply, diff, digestOf, isEmpty, type State, stateOf } from '../../agent/src/uplink/state.ts';

const observedAt = '2026-01-01T00:00:00.000Z';

const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({
    fact: fc.constantFrom('file', 'unit', 'process'),
    subject: fc.oneof(fc.constantFrom('/a', '/b', '/c'), fc.string({ unit: 'binary', minLength: 1 })),
    state: fc.constant('observed' as const),
    value: fc.jsonValue() as fc.Arbitrary<Json>,
    observedAt: fc.constant(observedAt),
  }),
  fc.record({
    fact: fc.constantFrom('file', 'unit'),
    subject: fc.constantFrom('/a', '/b', '/c'),
    state: fc.constantFrom('absent' as const, 'denied' as const, 'too-large' as const),
    detail: fc.string(),
    observedAt: fc.constant(observedAt),
  }),
);
const look = fc.array(observation, { maxLength: 12 });

function file(subject: string, mode: string): Observation {
  return { fact: 'file', subject, state: 'observed', value: { mode }, observedAt };
}

function texts(state: State): Record<string, string> {
  return Object.fromEntries([...state].map(([key, held]) => [key, held.digest]).sort());
}

function outbox(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({ limitBytes: 4 << 20, journal: undefined, onGap: () => undefined, ...options });
}

function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'plumbline-spool-'));
}

describe('laws', () => {
  test('delta∘apply = snapshot, whole or in parts', () => {
    fc.assert(
      fc.property(look, look, (one, two) => {
        const [from, to] = [stateOf(one), stateOf(two)];
        const change = diff(from, to);
        expect(texts(apply(from, change))).toEqual(texts(to));
        expect(texts(splitChange(change).reduce(apply, from))).toEqual(texts(to));
        expect(isEmpty(diff(to, stateOf(two, to)))).toBe(true);
      }),
    );
  });

  test('the digest is what a receiver computes from what it reads', () => {
    fc.assert(
      fc.property(look, (one) => {
        const state = stateOf(one);
        const read = [...state.values()].map((held) => fromWire(JSON.parse(JSON.stringify(held.wire))) as Observation);
        expect(stateDigest(read.map((item) => [keyOf(item), contentDigest(item)] as const))).toBe(digestOf(state));
      }),
    );
  });

  test('base with every entry applied is the last look, however full the outbox is', () => {
    fc.assert(
      fc.property(
        fc.array(look, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 500 }),
        (looks, limitBytes) => {
          const box = outbox({ limitBytes });
          for (const one of looks) box.look(one);
          expect(texts(box.current)).toEqual(texts(stateOf(looks.at(-1) ?? [])));
          expect(box.digest).toBe(digestOf(box.current));
        },
      ),
    );
  });

  test('a spool gives back what was put in, whatever was sent and acknowledged between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(look, fc.nat(3)), { minLength: 1, maxLength: 6 }), (steps) => {
        const directory = scratch();
        const spool = new Spool(directory, (error) => expect.unreachable(String(error)));
        const box = outbox({ journal: spool });
        let sequence = 0n;
        box.look([]);
        box.begin('1');
        for (const [one, step] of steps) {
          box.look(one);
          if (step > 0 && box.unsent()) box.send('1', ++sequence);
          if (step > 1) box.acknowledge('1', sequence);
          if (step > 2) box.recall();
        }
        const again = outboxFrom(new Spool(directory, () => undefined));
        spool.close();
        expect(texts(again.current)).toEqual(texts(box.current));
        expect([again.length, again.bytes, again.digest, again.baseDigest]).toEqual([
          box.length,
          box.bytes,
          box.digest,
          box.baseDigest,
        ]);
        expect([again.epoch, again.acknowledged]).toEqual([box.epoch, box.acknowledged]);
      }),
      { numRuns: 40 },
    );
  });
});

function outboxFrom(spool: Spool): Outbox {
  return new Outbox({ limitBytes: 4 << 20, journal: undefined, onGap: () => undefined }, spool.read());
}

describe('outbox', () => {
  test('beyond its limit it keeps the net effect and counts what was merged', () => {
    let merged = 0;
    const box = outbox({ limitBytes: 1_000, onGap: (count) => (merged += count) });
    for (let i = 0; i < 100; i++) box.look([file('/a', String(i))]);
    expect(merged).toBeGreaterThan(50);
    expect(box.bytes).toBeLessThanOrEqual(1_000);
  });

  test('what is on its way is not merged: it may have arrived', () => {
    const box = outbox({ limitBytes: 0 });
    box.look([file('/a', '0')]);
    box.begin('1');
    box.look([file('/a', '1')]);
    box.send('1', 1n);
    box.look([file('/a', '2')]);
    box.look([file('/a', '3')]);
    box.acknowledge('1', 1n);
    expect(box.base?.get(keyOf(file('/a', '')))?.wire.value).toBe('{"mode":"1"}');
    expect(box.length).toBe(1);
  });

  test('an observation that no message could carry says so', () => {
    const box = outbox();
    box.look([file('/a', 'x'.repeat(maxChunkBytes))]);
    const held = box.current.get(keyOf(file('/a', '')));
    expect(held?.wire).toMatchObject({ state: 'TOO_LARGE', value: '' });
  });

  test('facts that the aggregator does not know are not spoken of, and are when it learns them', () => {
    const box = outbox();
    const unit = { ...file('x', '0'), fact: 'unit' };
    box.look([file('/a', '0'), unit]);
    box.look([file('/a', '1'), { ...unit, value: {} }]);
    box.restrict(new Set(['file']));
    expect([...box.current.keys()]).toEqual([keyOf(file('/a', ''))]);
    expect([box.length, box.digest]).toEqual([1, digestOf(box.current)]);
    box.restrict(undefined);
    box.look([file('/a', '1'), unit]);
    expect(box.current.size).toBe(2);
  });
});

describe('chunks', () => {
  test('each stays below the limit and none is lost', () => {
    const held = [...stateOf(Array.from({ length: 3_000 }, (_, i) => file(`/${i}`, 'é'.repeat(i)))).values()];
    const runs = chunks(held);
    expect(runs.flat()).toEqual(held);
    expect(runs.length).toBeGreaterThan(3);
    for (const run of runs) expect(run.reduce((sum, one) => sum + sizeOf(one), 0)).toBeLessThanOrEqual(maxChunkBytes);
  });

  test('an empty state is one empty chunk', () => {
    expect(chunks([])).toEqual([[]]);
  });
});

describe('spool', () => {
  test('a torn last line is what was never on disk', () => {
    const directory = scratch();
    const box = outbox({ journal: new Spool(directory, () => undefined) });
    box.look([file('/a', '0')]);
    box.look([file('/a', '1')]);
    const text = readFileSync(join(directory, 'outbox.jsonl'));
    expect(replay(text)?.entries).toHaveLength(1);
    expect(replay(text.subarray(0, -10))?.entries).toHaveLength(0);
    expect(replay(Buffer.from(''))).toBeUndefined();
    expect(replay(Buffer.from('{"r":"ack"}\n'))).toBeUndefined();
  });

  test('stays below the limit beyond which the kubelet evicts the agent, written anew or not', () => {
    const text = readFileSync(join(import.meta.dirname, '../../deploy/manifests/agent.yaml'), 'utf8');
    const limit = Number(/name: spool\n(?:\s+#.*\n)*\s+emptyDir: \{sizeLimit: (\d+)Mi\}/.exec(text)?.[1]) * 1024 * 1024;
    const directory = scratch();
    const box = outbox({ journal: new Spool(directory, (error) => expect.unreachable(String(error))) });
    const size = () => statSync(join(directory, 'outbox.jsonl')).size;
    let peak = 0;
    let before = 0;
    // Two bytes a letter on disk; what is acknowledged at once is never merged, so that only the journal knows how long it is.
    box.begin('1');
    for (let i = 1; i < 100; i++) {
      box.look([file('/a', `${'é'.repeat(100_000)}${i}`)]);
      box.send('1', BigInt(i));
      box.acknowledge('1', BigInt(i));
      peak = Math.max(peak, size() < before ? before + size() : size());
      before = size();
    }
    expect(peak).toBeGreaterThan(4 * 1024 * 1024);
    // Half of it is left to nodes with a state of megabytes.
    expect(peak).toBeLessThan(limit / 2);
  });

  test('is read back in a small heap, whatever its letters: else the agent would die of it at every start', () => {
    const directory = scratch();
    const box = outbox({ journal: new Spool(directory, (error) => expect.unreachable(String(error))) });
    box.look([file('/a', '')]);
    box.begin('1');
    box.look([file('/a', 'ж'.repeat(20_000))]);
    box.send('1', 1n);
    box.acknowledge('1', 1n);
    box.look([file('/b', '')]);
    const path = join(directory, 'outbox.jsonl');
    const [base, epoch, ...rest] = readFileSync(path, 'utf8').trimEnd().split('\n');
    const again = rest.slice(0, -1);
    writeFileSync(
      path,
      `${[base, epoch, ...Array.from({ length: 500 }, () => again).flat(), rest.at(-1)].join('\n')}\n`,
    );
    expect(statSync(path).size).toBeGreaterThan(20_000_000);
    // Bundled, because reading TypeScript takes more memory than reading the spool.
    const outfile = join(directory, 'reader.mjs');
    const banner = {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    };
    const entryPoints = [join(import.meta.dirname, 'spool-reader.ts')];
    buildSync({ entryPoints, outfile, banner, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
    const words = ['--max-old-space-size=24', outfile, directory];
    expect(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe(
      '1\n',
    );
  });

  test('a disk that refuses is counted, and the outbox goes on in memory', () => {
    let errors = 0;
    const directory = join(scratch(), 'file');
    writeFileSync(directory, '');
    const box = outbox({ journal: new Spool(directory, () => errors++) });
    box.look([file('/a', '0')]);
    box.look([file('/a', '1')]);
    expect(box.length).toBe(1);
    expect(errors).toBeGreaterThanOrEqual(2);
  });
});

describe('session against an aggregator that breaks the protocol', () => {
  function streaming(): Session {
    const box = outbox();
    box.look([file('/a', '0')]);
    const session = new Session({ node: 'alpha', agentVersion: '0', outbox: box });
    session.hello();
    session.receive({ welcome: { epoch: '7', resync: true, facts: [] } });
    return session;
  }

  test.each([
    ['a second welcome', { welcome: { epoch: '8', resync: false, facts: [] } }],
    ['an acknowledgement of what was not sent', { acknowledge: { epoch: '7', sequence: '9' } }],
    ['an acknowledgement of another epoch', { acknowledge: { epoch: '6', sequence: '0' } }],
    ['a sequence that is none', { acknowledge: { epoch: '7', sequence: '-1' } }],
  ])('%s', (_name, message) => {
    expect(streaming().receive(message)?.kind).toBe('broken');
  });

  test('before welcome nothing leaves and nothing but welcome is expected', () => {
    const session = new Session({ node: 'alpha', agentVersion: '0', outbox: outbox() });
    session.hello();
    expect(session.next()).toBeUndefined();
    expect(session.receive({ resync: { reason: '' } })?.kind).toBe('broken');
    expect(session.receive({ welcome: { epoch: '', resync: true, facts: [] } })?.kind).toBe('broken');
  });

  test('what it does not know it does not do', () => {
    expect(streaming().receive({ run: { command: 'id' } } as never)).toBeUndefined();
  });

  test('its last words are cut before they fill a log', () => {
    const close = { code: 'c'.repeat(1_000_000), message: 'm'.repeat(1_000_000), retryAfterSeconds: 1 };
    expect(JSON.stringify(streaming().receive({ close })).length).toBeLessThan(1_000);
  });

  test('at most sixteen messages wait for an answer', () => {
    const box = outbox();
    box.look([file('/a', '')]);
    const session = new Session({ node: 'alpha', agentVersion: '0', outbox: box });
    session.hello();
    session.receive({ welcome: { epoch: '7', resync: false, facts: [] } });
    for (let i = 0; i < 40; i++) box.look([file('/a', String(i))]);
    const sent = Array.from({ length: 40 }, () => session.next()).filter(Boolean);
    expect(sent).toHaveLength(16);
    session.receive({ acknowledge: { epoch: '7', sequence: '16' } });
    expect(session.next()?.sequence).toBe('17');
    expect(box.length).toBe(24);
  });
});

test('back-off: full jitter under a bound that doubles, above what the aggregator asks', () => {
  const longest = (failures: number) => backOff(failures, () => 0.999_999);
  expect([0, 1, 2, 6, 50].map(longest)).toEqual([999, 1_999, 3_999, 59_999, 59_999]);
  expect(backOff(3, () => 0)).toBe(0);
  expect(backOff(0, () => 0, 30)).toBe(30_000);
  expect(backOff(0, () => 0, 1e9)).toBe(3_600_000);
});

test.each([
  ['aggregator:8443', {}, false],
  ['localhost:8443', {}, false],
  ['127.0.0.1.example.org:8443', {}, false],
  ['127.0.0.1:8443', {}, true],
  ['[::1]:8443', {}, true],
  ['unix:/run/plumbline.sock', {}, true],
  ['aggregator:8443', { caFile: 'ca' }, true],
  ['aggregator:8443', { caFile: 'ca', certFile: 'c' }, false],
  ['127.0.0.1:8443', { certFile: 'c', keyFile: 'k' }, false],
])('plaintext only on this machine: %s %o is %s', (address, files, fine) => {
  const check = () => checkTarget({ address, ...files });
  if (fine) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'PLB_CONFIG_INVALID' }));
});
