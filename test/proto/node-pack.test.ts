import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNodePack, nodePackText } from '@plumbline/proto';
import { expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';

test('the prepared pack of an agent is the shipped one without controls, documents and what only the cluster needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-pack-'));
  const pack = shippedPack();
  writeFileSync(join(folder, 'node-pack.json'), nodePackText(pack));
  const prepared = loadNodePack(folder);
  rmSync(folder, { recursive: true });
  const rbac = { source: [], bindings: [], roles: {} };
  expect(pack.defaults.rbac.bindings.length).toBeGreaterThan(0);
  expect(prepared).toEqual({ ...pack, controls: new Map(), benchmarks: [], defaults: { ...pack.defaults, rbac } });
});

test('without one the whole pack is read', () => {
  expect(loadNodePack(undefined).controls.size).toBe(shippedPack().controls.size);
});
