import { byOwner, byPlace, type ClusterObject, type Workload } from '@plumbline/core';
import { expect, test } from 'vitest';
import { readCases } from '../../cases/read.ts';
import { judgeCase } from '../../cases/world.ts';
import { shippedPack } from '../../pack.ts';

/** A restart lists objects in another order than they came in; were that a change, every restart would be one. */
test('law: verdicts on the cluster do not depend on the order in which its objects came', () => {
  const pack = shippedPack();
  let compared = 0;
  for (const [slug, { cases }] of readCases()) {
    const control = pack.controls.get(slug);
    if (control?.subject !== 'cluster') continue;
    for (const one of cases) {
      if (!Array.isArray(one.objects) || one.objects.length < 2) continue;
      const turned = { ...one, objects: [...one.objects].reverse() };
      expect(judgeCase(pack, control, turned), `${slug}: ${one.says}`).toEqual(judgeCase(pack, control, one));
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(300);
});

test('objects go by namespace, name and kind, workloads by owner and what they are', () => {
  const object = (namespace: string, name: string, kind: string): ClusterObject => ({
    ...{ namespace, name, kind, uid: '', labels: {}, annotations: {}, created: '', fields: {} },
  });
  const objects = [object('a', 'x', 'B'), object('b', 'a', 'A'), object('a', 'x', 'A'), object('a', 'b', 'C')];
  const shown = [...objects, ...objects].sort(byPlace).map((one) => `${one.namespace}${one.name}${one.kind}`);
  expect(shown).toEqual(['abC', 'abC', 'axA', 'axA', 'axB', 'axB', 'baA', 'baA']);
  const workload = (kind: string, label: string): Workload => ({
    ...{ namespace: 'a', owner: { kind, name: 'x' }, template: false, labels: { label }, annotations: {} },
    ...{ spec: {}, mirror: false },
  });
  const workloads = [workload('B', '1'), workload('A', '2'), workload('A', '1')].sort(byOwner);
  expect(workloads.map(({ owner, labels }) => owner.kind + labels['label'])).toEqual(['A1', 'A2', 'B1']);
});
