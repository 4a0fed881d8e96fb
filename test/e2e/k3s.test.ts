import { getContainerRuntimeClient } from 'testcontainers';
import { expect, test } from 'vitest';

const engine = await getContainerRuntimeClient().then(
  () => true,
  () => false,
);

test.skipIf(!engine)(
  `the Node watch reads a k3s cluster${engine ? '' : ' (skipped: this machine has no container engine)'}`,
  { timeout: 300_000 },
  async () => {
    const { K3sContainer } = await import('@testcontainers/k3s');
    const { startAggregator } = await import('@plumbline/aggregator');
    const { mkdtempSync, writeFileSync } = await import('node:fs');
    const { join } = await import('node:path');
    const { tmpdir } = await import('node:os');
    const k3s = await new K3sContainer('rancher/k3s:v1.34.1-k3s1').start();
    const home = mkdtempSync(join(tmpdir(), 'plumbline-k3s-'));
    writeFileSync(join(home, 'kubeconfig'), k3s.getKubeConfig(), { mode: 0o600 });
    const aggregator = await startAggregator({
      listen: '127.0.0.1:0',
      grpcListen: '127.0.0.1:0',
      database: join(home, 'plumbline.db'),
      cluster: { kind: 'kubeconfig', file: join(home, 'kubeconfig') },
    });
    try {
      const answer = await fetch(`http://${aggregator.restAddress}/api/v1/nodes`);
      expect(await answer.json()).toMatchObject({ nodes: [{ kubeletVersion: expect.stringContaining('1.34') }] });
    } finally {
      await aggregator.close();
      await k3s.stop();
    }
  },
);
