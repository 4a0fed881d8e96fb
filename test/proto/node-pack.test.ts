import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNodePack, nodePackText } from '@plumbline/proto';
import { expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';

test('the prepared pack of an agent is the shipped one without controls and documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-pack-'));
  const pack = shippedPack();
  writeFileSync(join(folder, 'node-pack.json'), nodePackText(pack));
  const prepared = loadNodePack(folder);
  rmSync(folder, { recursive: true });
  expect(prepared).toEqual({ ...pack, controls: new Map(), benchmarks: [] });
});

test('without one the whole pack is read', () => {
  expect(loadNodePack(undefined).controls.size).toBe(shippedPack().controls.size);
});
