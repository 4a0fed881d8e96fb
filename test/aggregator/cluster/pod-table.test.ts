import { groupPods, type JsonObject, projectPod, type Workload } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interner } from '../../../aggregator/src/cluster/interner.ts';
import { podTable } from '../../../aggregator/src/cluster/pod-table.ts';

const namespaces = ['a', 'b'];

const pod = fc.record({
  name: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
  namespace: fc.constantFrom(...namespaces),
  image: fc.constantFrom('x:1', 'x:2'),
  phase: fc.constantFrom('Running', 'Pending', 'Succeeded'),
  kind: fc.constantFrom('DaemonSet', 'StatefulSet'),
});
type Pod = typeof pod extends fc.Arbitrary<infer T> ? T : never;

const step = fc.record({ pod, what: fc.constantFrom('put', 'put', 'drop', 'again') });

function raw({ name, namespace, image, phase, kind }: Pod): JsonObject {
  const ownerReferences = [{ controller: true, kind, name: 'owner' }];
  return {
    metadata: { name, namespace, ownerReferences },
    spec: { containers: [{ name: 'c', image }] },
    status: { phase },
  };
}

const sorted = (list: readonly Workload[]) => list.map((one) => JSON.stringify(one)).sort();

/** The law: whatever came and went, the table holds the groups of the pods that are there. */
test('events applied one by one are the groups of what is left', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const live = new Map<string, Pod>();
      const told: string[] = [];
      const table = podTable(
        () => true,
        (namespace) => told.push(namespace),
      );
      for (const { pod: one, what } of steps) {
        const before = sorted(table.workloads(one.namespace));
        told.length = 0;
        if (what === 'again') {
          const draft = table.sink.begin();
          for (const kept of live.values()) draft.put(raw(kept));
          draft.commit();
        } else if (what === 'drop') {
          live.delete(`${one.namespace}/${one.name}`);
          table.sink.drop(raw(one));
        } else {
          live.set(`${one.namespace}/${one.name}`, one);
          table.sink.put(raw(one));
        }
        const changed = JSON.stringify(before) !== JSON.stringify(sorted(table.workloads(one.namespace)));
        expect([...new Set(told)]).toEqual(changed ? [one.namespace] : []);
        if (what === 'again') expect(told).toEqual([]);
      }
      const groups = groupPods([...live.values()].flatMap((one) => projectPod(raw(one)) ?? []));
      for (const namespace of namespaces) {
        const expected = groups.filter((one) => one.namespace === namespace);
        expect(sorted(table.workloads(namespace))).toEqual(sorted(expected));
      }
      expect(table.count()).toBe([...live.values()].filter((one) => one.phase !== 'Succeeded').length);
    }),
  );
});

test('a new initial state tells the namespaces that differ, and only those', () => {
  const told: string[] = [];
  const table = podTable(
    () => true,
    (namespace) => told.push(namespace),
  );
  const one = { name: 'p1', namespace: 'a', image: 'x:1', phase: 'Running', kind: 'DaemonSet' } as const;
  table.sink.put(raw(one));
  table.sink.put(raw({ ...one, namespace: 'b' }));
  told.length = 0;
  const draft = table.sink.begin();
  draft.put(raw(one));
  draft.put(raw({ ...one, namespace: 'c' }));
  draft.put(raw({ ...one, namespace: 'c', name: 'p2' }));
  draft.drop(raw({ ...one, namespace: 'c', name: 'p2' }));
  expect(table.workloads('b').length).toBe(1);
  draft.commit();
  expect(told).toEqual(['b', 'c']);
  table.sink.clear();
  expect(table.count()).toBe(0);
});

test('how many pods a workload has is no change', () => {
  const told: string[] = [];
  const table = podTable(
    () => true,
    (_, place, workloads) => told.push(`${place} ${workloads.length}`),
  );
  const one = { name: 'p1', namespace: 'a', image: 'x:1', phase: 'Running', kind: 'DaemonSet' } as const;
  table.sink.put(raw(one));
  table.sink.put(raw({ ...one, name: 'p2' }));
  table.sink.drop(raw(one));
  expect(told).toEqual(['daemonset/a/owner 1']);
  table.sink.put(raw({ ...one, image: 'x:2' }));
  table.sink.drop(raw(one));
  table.sink.drop(raw({ ...one, name: 'p2' }));
  expect(told.slice(1)).toEqual(['daemonset/a/owner 2', 'daemonset/a/owner 1', 'daemonset/a/owner 0']);
});

test('what is shared equals what was given, and equal parts are one', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 5 }), (value, most) => {
      const parts = interner(most);
      expect(parts.share(value as never)).toEqual(value);
    }),
  );
  const parts = interner();
  const first = parts.share({ a: [{ b: '1' }], c: 1 });
  const second = parts.share({ a: [{ b: '1' }], c: 2 });
  expect(second.a).toBe(first.a);
  expect(parts.share({ a: ['#0'], b: 'null' })).toEqual({ a: ['#0'], b: 'null' });
  expect(parts.share([null, 'null', true, 'true', 1, '1'])).toEqual([null, 'null', true, 'true', 1, '1']);
});
