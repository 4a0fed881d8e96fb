import { describe, expect, test } from 'vitest';
import { Gate, networkOf } from '../../aggregator/src/ingest/gate.ts';
import { sparing, usualReviewLimits } from '../../aggregator/src/ingest/reviews.ts';

const token = (name: string, exp?: number) =>
  `h.${Buffer.from(JSON.stringify({ sub: name, ...(exp === undefined ? {} : { exp }) })).toString('base64url')}.s`;

/** A cluster that knows tokens whose text holds `node`; `down` makes it fail. */
function cluster(limits: Partial<typeof usualReviewLimits> = {}) {
  const asked: string[] = [];
  const state = { now: 1_000_000, down: false };
  const known = new Set<string>();
  const review = sparing(
    async (text) => {
      asked.push(text);
      if (state.down) throw new Error('the API server does not answer');
      return known.has(text) ? { node: 'one' } : undefined;
    },
    () => state.now,
    { ...usualReviewLimits, ...limits },
  );
  return { asked, state, known, review };
}

describe('reviews', () => {
  test('an answer holds for a minute and is asked again after', async () => {
    const { asked, state, known, review } = cluster();
    known.add('t');
    expect([await review('t'), await review('t')]).toEqual([{ node: 'one' }, { node: 'one' }]);
    state.now += 59_999;
    await review('t');
    expect(asked).toHaveLength(1);
    known.delete('t');
    state.now += 1;
    expect(await review('t')).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  test('a no holds shorter', async () => {
    const { asked, state, known, review } = cluster();
    expect(await review('t')).toBeUndefined();
    known.add('t');
    state.now += 9_999;
    expect(await review('t')).toBeUndefined();
    state.now += 1;
    expect(await review('t')).toEqual({ node: 'one' });
    expect(asked).toHaveLength(2);
  });

  test('never longer than the token itself', async () => {
    const { asked, state, known, review } = cluster();
    const short = token('a', 1_005);
    known.add(short);
    await review(short);
    state.now = 1_004_999;
    await review(short);
    expect(asked).toHaveLength(1);
    state.now = 1_005_000;
    await review(short);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['no token of this kind', 'opaque'],
    ['a payload that is no JSON', `h.${Buffer.from('{').toString('base64url')}.s`],
    ['a payload that is null', `h.${Buffer.from('null').toString('base64url')}.s`],
    ['no expiry', token('b')],
  ])('%s holds as usual', async (_, text) => {
    const { asked, state, known, review } = cluster();
    known.add(text);
    await review(text);
    state.now += 59_999;
    await review(text);
    expect(asked).toHaveLength(1);
  });

  test('many streams of one token are one question, and what could not be found out is not remembered', async () => {
    const { asked, state, known, review } = cluster();
    known.add('t');
    state.down = true;
    const failed = await Promise.allSettled([review('t'), review('t'), review('t')]);
    expect([failed.map((one) => one.status), asked.length]).toEqual([['rejected', 'rejected', 'rejected'], 1]);
    state.down = false;
    expect(await review('t')).toEqual({ node: 'one' });
  });

  test('questions beyond the rate wait their turn or are sent away, whoever asks', async () => {
    const { asked, review } = cluster({ rate: { burst: 2, perSecond: 50 }, waitAtMost: 25 });
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((one) => review(one)));
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(answers.slice(3)).toEqual([1, 2].map(() => expect.objectContaining({ status: 'rejected' })));
    expect(answers[4]).toMatchObject({ reason: { code: 'PLB_STREAM_RATE' } });
  });

  test('what is remembered has a bound, and guesses push out no node', async () => {
    const { asked, known, review } = cluster({ remembered: 10, rate: { burst: 1_000, perSecond: 1 } });
    for (let n = 0; n < 10; n++) {
      known.add(`node-${n}`);
      await review(`node-${n}`);
    }
    for (let n = 0; n < 100; n++) await review(`guess-${n}`);
    const before = asked.length;
    for (let n = 0; n < 10; n++) await review(`node-${n}`);
    expect(asked.length - before).toBe(0);
    await review('guess-0');
    expect(asked.length - before).toBe(1);
  });
});

describe('gate', () => {
  const enter = (gate: Gate, peer: string, now = 0) => {
    try {
      gate.enter(peer, now);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'PLB_STREAM_RATE' });
      return false;
    }
  };

  test('an address that proves nothing is turned away until time has passed; its ports are one', () => {
    const gate = new Gate({ burst: 2, perSecond: 1 });
    expect([1, 2, 3, 4].map((port) => enter(gate, `10.0.0.1:${port}`))).toEqual([true, true, false, false]);
    expect(enter(gate, '10.0.0.2:1')).toBe(true);
    expect(enter(gate, '10.0.0.1:5', 1_000)).toBe(true);
    expect(enter(gate, '10.0.0.1:6', 1_000)).toBe(false);
  });

  test('who proves to be a node pays nothing, and looking costs nothing', () => {
    const gate = new Gate({ burst: 1, perSecond: 0.001 });
    for (let n = 0; n < 50; n++) {
      gate.look('10.0.0.1:1', 0);
      expect(enter(gate, '10.0.0.1:1')).toBe(true);
      gate.proved('10.0.0.1:1');
    }
    expect(enter(gate, '10.0.0.1:1')).toBe(true);
    expect(() => gate.look('10.0.0.1:1', 0)).toThrow();
  });

  test('ten thousand addresses are remembered; then the quietest is forgotten', () => {
    const gate = new Gate({ burst: 1, perSecond: 0.001 });
    enter(gate, '10.0.0.1:1');
    for (let n = 0; n < 10_000; n++) enter(gate, `10.1.${n >> 8}.${n & 255}:1`);
    expect(enter(gate, '10.0.0.1:1')).toBe(true);
    expect(enter(gate, '10.1.39.15:1')).toBe(false);
  });

  test.each([
    ['10.0.0.7:4711', '10.0.0.7'],
    ['[::1]:4711', '0:0:0:0::/64'],
    ['[2001:DB8:1:2:3:4:5:6]:80', '2001:db8:1:2::/64'],
    ['[2001:db8::5]:80', '2001:db8:0:0::/64'],
    ['[1::2:3:4:5:6:7]:80', '1:0:2:3::/64'],
    ['::ffff:10.0.0.7:4711', '10.0.0.7'],
    ['unix:/run/plumbline.sock', 'unix:/run/plumbline.sock'],
    ['unknown', 'unknown'],
  ])('%s is of %s', (peer, network) => expect(networkOf(peer)).toBe(network));
});
