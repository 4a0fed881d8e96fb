import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plumbline } from './terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'plumbline-up-'));
afterAll(() => rmSync(home, { recursive: true }));

/** No cluster of this machine is asked. */
const nobody = { PLUMBLINE_KUBECONFIG: 'none' };

describe('up', () => {
  const server = createServer();
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });
  afterAll(() => void server.close());

  it('says which port is in use', async () => {
    const ran = await plumbline(['up', '--once', '--port', String(port), '--data-dir', join(home, 'a')], nobody);
    expect(ran).toEqual({
      code: 2,
      out: '',
      err: `PLB_CONFIG_INVALID: Port ${port} of 127.0.0.1 is in use; give another with --port.\n`,
    });
  });

  it.each([
    ['is a file', join(home, 'file')],
    ['is below a file', join(home, 'file', 'x')],
    ['cannot be made', '/proc/x/y'],
  ])('refuses a data directory that %s', async (_says, directory) => {
    writeFileSync(join(home, 'file'), '');
    const ran = await plumbline(['up', '--recorded', '--once', '--port', '0', '--data-dir', directory], nobody);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/^PLB_CONFIG_INVALID: .* cannot be used \(E\w+\); give another --data-dir\.\n$/);
  });

  it('refuses a kubeconfig that is named but not there', async () => {
    const ran = await plumbline(['up', '--once', '--port', '0', '--data-dir', join(home, 'b')], {
      KUBECONFIG: join(home, 'missing'),
    });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/^PLB_CONFIG_INVALID: /);
  });

  it('judges the recorded cluster through the stream and prints it', async () => {
    const argv = ['up', '--recorded', '--once', '--port', '0', '--data-dir', join(home, 'c')];
    const ran = await plumbline(argv, nobody);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^showing the recorded cluster of \S+nodes$/m);
    expect(ran.out).toContain('Kubernetes 1.34');
    expect(ran.out).toMatch(/^kubeadm-control-plane +\d\d /m);
    expect(ran.out).toMatch(/^kubeadm-worker +\d\d /m);
    expect(ran.out).toMatch(/^All 1\d\d controls +\d+/m);
    expect(ran.out).not.toContain('no agent');
  });
});
