import { unusedAfterMs } from '@plumbline/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DecisionRecord } from '../../../aggregator/src/store/decision-table.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { type Expiry, watchExpiry } from '../../../aggregator/src/waivers/expiry.ts';
import { decisionPorts } from '../../../aggregator/src/waivers/ports.ts';
import { serve } from '../api/served.ts';
import { freshFile, after as moment, observations, send, start } from '../world.ts';

const waiver = (seconds: number, more: object = {}) => ({
  kind: 'accepted-risk' as const,
  control: 'kubelet-mode',
  owner: 'Jane Doe',
  reason: 'Replaced in spring.',
  expires: moment(seconds),
  ...more,
});
const by = { who: 'ci', at: start };

describe('needs 8: expiry passes', () => {
  let store: Store;
  let file: string;
  let expiry: Expiry;
  let told: string[];
  const failed = vi.fn();
  const watch = () => {
    const made = watchExpiry(store.decisions, decisionPorts(store, null, Date.now).standing, Date.now, failed);
    told = [];
    made.onExpired(({ kind, decision }: DecisionRecord) => told.push(`${kind} ${decision.id}`));
    return made;
  };
  beforeEach(async () => {
    vi.useFakeTimers({ now: start });
    file = freshFile();
    store = await openStore(file);
    expiry = watch();
  });
  afterEach(() => {
    expiry.stop();
    store.close();
    vi.useRealTimers();
    failed.mockReset();
  });

  test('without a request: one event at that moment, and the audit log has it', async () => {
    store.decisions.add('waiver', waiver(60), by);
    store.decisions.add('waiver', waiver(30 * 86_400), by);
    const { kind: _, ...attestation } = waiver(90);
    store.decisions.add('attestation', attestation, by);
    const generation = store.generation();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['waiver 1']);
    // What was computed before holds no more.
    expect(store.generation()).toBeGreaterThan(generation);
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(told).toEqual(['waiver 1', 'attestation 1']);
    expect(store.audit.list({ limit: 9, action: 'expired' })).toMatchObject([
      { who: 'plumbline', kind: 'attestation', target: '1', at: start + 90_000 },
      { who: 'plumbline', kind: 'waiver', target: '1', at: start + 60_000, after: { owner: 'Jane Doe' } },
    ]);
    expect(failed).not.toHaveBeenCalled();
  });

  test('of what expired while nothing ran the next start says it, once', async () => {
    store.decisions.add('waiver', waiver(60), by);
    expiry.stop();
    store.close();
    vi.setSystemTime(start + 3_600_000);
    for (const expected of [['waiver 1'], []]) {
      store = await openStore(file);
      expiry = watch();
      await vi.advanceTimersByTimeAsync(10);
      expect(told).toEqual(expected);
      expiry.stop();
      store.close();
    }
    store = await openStore(file);
  });

  test('one that was removed or prolonged in time says nothing; prolonged afterwards it can expire again', async () => {
    store.decisions.add('waiver', waiver(60), by);
    store.decisions.add('waiver', waiver(60), by);
    store.decisions.remove('waiver', '1', by);
    store.decisions.change('waiver', '2', waiver(120), by);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual(['waiver 2']);
    store.decisions.change('waiver', '2', waiver(180), { who: 'ci', at: Date.now() });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(['waiver 2', 'waiver 2']);
  });

  test('what ends soon can be asked for', () => {
    for (const days of [40, 3, 10]) store.decisions.add('waiver', waiver(days * 86_400), by);
    expect(expiry.expiringWithin(14 * 86_400_000).map((one) => one.decision.id)).toEqual(['2', '3']);
  });

  test('a disk that refuses is tried again, and nothing is said before it was written', async () => {
    store.decisions.add('waiver', waiver(60), by);
    const refused = vi.spyOn(store.decisions, 'expire').mockImplementationOnce(() => {
      throw new Error('full');
    });
    vi.setSystemTime(start + 60_000);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(refused.mock.calls.length).toBeGreaterThan(1);
    expect(failed).toHaveBeenCalledOnce();
    expect(told).toEqual(['waiver 1']);
  });
});

test('needs 8: at that moment the finding counts again, whether a timer ran or not', async () => {
  const served = await serve();
  send(served.store, 'one', observations({ mode: '0644' }), 0);
  await served.settle();
  await served.send('POST', '/api/v1/waivers', waiver(60));
  const shown = async () => ({
    ...((await served.get('/api/v1/summary')).body as object),
    ...((await served.get('/api/v1/waivers/1')).body as object),
    ...((await served.get('/api/v1/findings?control=kubelet-mode')).body as object),
  });
  await served.settle(59);
  expect(await shown()).toMatchObject({
    summary: { fail: 1, waived: 1, adjusted: { fail: 0 } },
    waiver: { state: 'active', matches: { covers: 1 } },
    findings: [{ status: 'fail', waiver: { id: '1' } }],
  });
  await served.settle(60);
  expect(await shown()).toMatchObject({
    summary: { fail: 1, waived: 0, adjusted: { fail: 1 } },
    waiver: { state: 'expired', matches: { covers: 0 } },
    findings: [{ status: 'fail', waiver: null }],
  });
  // What held then still shows for then.
  expect((await served.get(`/api/v1/summary?at=${moment(59)}`)).body).toMatchObject({ summary: { waived: 1 } });
  await served.close();
});

test('needs 8: a waiver that matches nothing for seven days is unused and listed; one that matched is remembered', async () => {
  const served = await serve();
  send(served.store, 'one', observations({ mode: '0644' }), 0);
  await served.settle();
  const days = (count: number) => (count * unusedAfterMs) / 7_000;
  const all = { expires: moment(days(60)) };
  for (const node of ['one', 'none']) await served.send('POST', '/api/v1/waivers', waiver(0, { ...all, node }));
  const states = async () =>
    ((await served.get('/api/v1/waivers')).body as { waivers: { state: string; lastMatchedAt: string | null }[] })
      .waivers;
  expect(await states()).toMatchObject([
    { state: 'active', lastMatchedAt: moment(0) },
    { state: 'active', lastMatchedAt: null },
  ]);
  let sequence = 1n;
  const settle = async (seconds: number) => {
    sequence++;
    send(served.store, 'one', observations({ mode: '0644' }), seconds, sequence);
    await served.settle(seconds);
  };
  await settle(days(7) - 1);
  expect((await states()).map((one) => one.state)).toEqual(['active', 'active']);
  await settle(days(7));
  expect((await states()).map((one) => one.state)).toEqual(['active', 'unused']);
  expect((await served.get('/api/v1/waivers?state=unused')).body).toMatchObject({ waivers: [{ node: 'none' }] });
  // The node goes; the waiver was about it until now.
  await served.parts.standing.remember();
  served.store.nodes.patch('one', { deletedAt: start + days(7) * 1000 });
  served.store.judge('one', [], start + days(7) * 1000);
  await served.settle(days(8));
  expect((await states()).map((one) => one.state)).toEqual(['active', 'unused']);
  expect(served.store.decisions.lastMatched('waiver', '1')).toBe(start + days(7) * 1000);
  await served.settle(days(14));
  expect((await states()).map((one) => one.state)).toEqual(['unused', 'unused']);
  await served.close();
});
