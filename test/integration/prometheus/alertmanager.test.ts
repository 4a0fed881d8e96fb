import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import { startDelivery } from '../../../aggregator/src/alert/delivery/delivery.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { httpSink } from '../../aggregator/alert/http-sink.ts';
import { message } from '../../aggregator/alert/message.ts';
import { freshFile } from '../../aggregator/world.ts';
import { alertmanagerProgram, startAlertmanager } from './alertmanager.ts';

const program = alertmanagerProgram();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The aggregator's side on a database of its own: an outbox and its couriers. */
async function side(file: string, url: string) {
  const store = await openStore(file);
  const config = readAlerts('alerts.yaml', `receivers: [{name: am, kind: alertmanager, url: "${url}"}]`);
  const delivery = startDelivery({
    outbox: store.outbox,
    file: { current: () => config, onChange: () => undefined },
    clock: Date.now,
    cluster: 'prod',
    tried: () => undefined,
    lost: () => undefined,
    failed(error) {
      throw error;
    },
  });
  const stop = async () => {
    await delivery.stop();
    store.close();
  };
  return { store, delivery, stop };
}

interface Notified {
  readonly status: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

const eventually = { timeout: 20_000, interval: 100 };

test.skipIf('missing' in program)(
  'a real Alertmanager holds an alert while it fires, through restarts of either, and tells once that it fires and once that it does not',
  { timeout: 90_000 },
  async () => {
    if ('missing' in program) return;
    const sink = await httpSink();
    closing.push(sink.close);
    const directory = join(dirname(freshFile()), 'alertmanager');
    const start = () => startAlertmanager(program.found['prometheus-alertmanager'], `${sink.url}/`, directory);
    const notified = () =>
      sink.got.map(({ body }) => {
        const { status, alerts } = JSON.parse(body) as Notified;
        return `${status} ${alerts.map((one) => one.labels['number'])}`;
      });
    let manager = await start();
    closing.push(() => manager.stop());
    const file = freshFile();
    let ours = await side(file, manager.url);
    closing.push(() => ours.stop());

    const at = Date.now();
    const firing = message({ startsAt: at, changedAt: at });
    ours.store.outbox.add(firing, ['am']);
    await vi.waitFor(async () => expect(await manager.active()).toHaveLength(1), eventually);
    const [shown] = await manager.active();
    expect(shown?.labels).toEqual(firing.labels);
    expect(shown?.annotations['values']).toContain('process profiling of kube-apiserver: false → true');
    expect(Date.parse(String(shown?.startsAt))).toBe(at);
    await vi.waitFor(() => expect(notified()).toEqual(['firing 1.2.15']), eventually);

    // The aggregator comes again and tells at once what fires: the same alert, about which nobody is told again.
    await ours.stop();
    ours = await side(file, manager.url);
    const before = Date.parse(String(shown?.endsAt));
    await vi.waitFor(async () => {
      const [again] = await manager.active();
      expect(Date.parse(String(again?.endsAt))).toBeGreaterThan(before);
    }, eventually);

    // Alertmanager comes again and knows no alert until it is told; it remembers whom it notified.
    await ours.stop();
    await manager.stop();
    manager = await start();
    expect(await manager.active()).toEqual([]);
    ours = await side(file, manager.url);
    await vi.waitFor(async () => expect(await manager.active()).toHaveLength(1), eventually);

    const ended = Date.now();
    ours.store.outbox.add(message({ startsAt: at, changedAt: ended, endsAt: ended, status: 'resolved' }), ['am']);
    await vi.waitFor(async () => expect(await manager.active()).toEqual([]), eventually);
    await vi.waitFor(() => expect(notified()).toEqual(['firing 1.2.15', 'resolved 1.2.15']), eventually);
    // Twice the interval of its groups: nothing more comes.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(notified()).toEqual(['firing 1.2.15', 'resolved 1.2.15']);
  },
);

test.skipIf('missing' in program)('a test fires and ends', { timeout: 60_000 }, async () => {
  if ('missing' in program) return;
  const sink = await httpSink();
  closing.push(sink.close);
  const directory = join(dirname(freshFile()), 'alertmanager');
  const manager = await startAlertmanager(program.found['prometheus-alertmanager'], `${sink.url}/`, directory);
  closing.push(manager.stop);
  const ours = await side(freshFile(), manager.url);
  closing.push(ours.stop);
  expect(await ours.delivery.test('am')).toEqual({ delivered: true });
  expect(await manager.active()).toEqual([]);
});
