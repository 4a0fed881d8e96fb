import { afterEach, expect, test } from 'vitest';
import { observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Value {
  readonly fact: string;
  readonly subject: string;
  readonly majority: { readonly value: unknown; readonly nodes: number };
  readonly outliers: readonly {
    readonly node: string;
    readonly value: unknown;
    readonly origin: { readonly text: string };
  }[];
  readonly outliersTotal: number;
}

let served: Served;
afterEach(() => served.close());

async function valuesOf(control: string): Promise<readonly Value[]> {
  const { status, body } = await served.get(`/api/v1/controls/${control}`);
  expect(status).toBe(200);
  return (body as { values: readonly Value[] }).values;
}

test('needs 30: 99 nodes agree and one differs: majority, outlier and its value in one response', async () => {
  served = await serve();
  for (let n = 0; n < 100; n++) send(served.store, `node-${n}`, observations({ mode: n === 42 ? '0644' : '0600' }), 0);
  // Not applicable where there is no API server: those nodes neither agree nor differ.
  for (let n = 0; n < 3; n++)
    send(served.store, `cp-${n}`, observations({ mode: '0600', profiling: n === 1 ? 'true' : 'false' }), 0);
  await served.settle();
  const [mode] = await valuesOf('4.1.1');
  expect(mode).toMatchObject({
    fact: 'file',
    subject: '/var/lib/kubelet/config.yaml',
    majority: { value: '0600', nodes: 102 },
    outliers: [{ node: 'node-42', value: '0644', origin: { text: 'stat of /var/lib/kubelet/config.yaml' } }],
    outliersTotal: 1,
  });
  const profiling = (await valuesOf('apiserver-profiling')).filter((one) => one.fact === 'setting profiling');
  expect(profiling).toMatchObject([
    {
      subject: 'kube-apiserver',
      majority: { value: false, nodes: 2 },
      outliers: [{ node: 'cp-1', value: true }],
      outliersTotal: 1,
    },
  ]);
});
