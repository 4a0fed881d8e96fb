import { type JsonObject, projectPod } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podTable } from '../../../aggregator/src/cluster/pod-table.ts';
import { skim } from '../../../aggregator/src/cluster/skim.ts';

/** Texts that look like the end of something. */
const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '"',
    '\\',
    '\\"',
    '{',
    '}]',
    '"spec":{',
    '\\"},"spec":{"containers":[]',
    '\u2028',
    '🦉',
    '","managedFields":[',
  ),
);
const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const map = fc.dictionary(odd, odd, { maxKeys: 4 });

const pod = fc.record({
  metadata: fc.record(
    {
      name,
      namespace: name,
      uid: fc.uuid(),
      resourceVersion: fc.nat().map(String),
      labels: map,
      annotations: map,
      ownerReferences: fc.constant([{ controller: true, kind: 'ReplicaSet', name: 'web-abc12' }]),
      managedFields: fc.array(fc.jsonValue() as fc.Arbitrary<never>),
    },
    { requiredKeys: ['name', 'namespace'] },
  ),
  spec: fc.record({
    hostNetwork: fc.oneof(fc.boolean(), odd),
    containers: fc.array(fc.record({ name: odd, image: odd, command: fc.array(odd), more: fc.jsonValue() }), {
      maxLength: 3,
    }),
  }),
  status: fc.record({ phase: fc.constantFrom('Running', 'Failed', 'odd "phase"'), conditions: fc.jsonValue() }),
});

const lineOf = (object: unknown, type = 'MODIFIED') => JSON.stringify({ type, object });

test('what is read of the text that is left is what is read of all of it', () => {
  fc.assert(
    fc.property(pod, (object) => {
      const left = skim(lineOf(object));
      expect(left).toMatchObject({
        type: 'MODIFIED',
        name: object.metadata.name,
        namespace: object.metadata.namespace,
        position: object.metadata.resourceVersion ?? '',
      });
      expect(projectPod(JSON.parse(left?.text ?? '') as JsonObject)).toEqual(
        projectPod(JSON.parse(JSON.stringify(object)) as JsonObject),
      );
    }),
  );
});

test('no text breaks it, and half a line is none', () => {
  fc.assert(
    fc.property(pod, fc.double({ min: 0, max: 1, noNaN: true }), odd, (object, share, text) => {
      const line = lineOf(object);
      skim(text);
      expect(skim(line.slice(0, Math.floor(line.length * share * 0.99)))).toBeUndefined();
    }),
  );
});

test.each([
  ['a bookmark', '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}'],
  ['an error', '{"type":"ERROR","object":{"code":410}}'],
  ['spaces', '{ "type": "ADDED" }'],
  [
    'a key in other letters',
    '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b"},"sp\\u0065c":{},"spec":{}}}',
  ],
  ['a name in other letters', '{"type":"ADDED","object":{"metadata":{"name":"\\u0061","namespace":"b"},"spec":{}}}'],
  ['a pod without a name', '{"type":"ADDED","object":{"metadata":{"namespace":"b"},"spec":{}}}'],
  ['a pod whose metadata is a list', '{"type":"ADDED","object":{"metadata":[],"spec":{}}}'],
  [
    'a key that comes twice',
    '{"type":"ADDED","object":{"spec":{},"metadata":{"name":"a","namespace":"b"},"spec":{"a":1}}}',
  ],
  ['more after the end', '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b"},"spec":{}}}}'],
  ['nothing', ''],
])('%s is left to whoever parses all of it', (_, line) => expect(skim(line)).toBeUndefined());

const running = {
  metadata: {
    name: 'a',
    namespace: 'app',
    resourceVersion: '1',
    labels: { app: 'web' },
    managedFields: [{ manager: 'x' }],
  },
  spec: { containers: [{ name: 'c', image: 'web:1' }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
};

/** Reads it as a watch does. */
function reader() {
  const table = podTable(
    () => true,
    () => undefined,
  );
  const read = (object: object, type?: string) => {
    const event = table.sink.read?.(lineOf(object, type), false);
    if (event?.kind === 'put') table.sink.put(event.object, event.print);
    else if (event?.kind === 'drop') table.sink.drop(event.object);
    return `${event?.kind} ${event?.position}`;
  };
  return { table, read };
}

test('an event that says nothing new is seen without parsing, anything else is taken', () => {
  const { table, read } = reader();
  expect(read(running, 'ADDED')).toBe('put 1');
  const news = { ...running, metadata: { ...running.metadata, resourceVersion: '2', managedFields: [] } };
  expect(read({ ...news, status: { phase: 'Running', podIP: '10.0.0.2' } })).toBe('same 2');
  expect(read({ ...running, spec: { containers: [{ name: 'c', image: 'web:2' }] } })).toBe('put 1');
  expect(table.workloads('app').map((one) => one.spec)).toEqual([{ containers: [{ name: 'c', image: 'web:2' }] }]);
  expect(read({ ...running, status: { phase: 'Succeeded' } })).toBe('put 1');
  expect(table.workloads('app')).toEqual([]);
  expect(read(running)).toBe('put 1');
  expect(read(running)).toBe('same 1');
  expect(read(running, 'DELETED')).toBe('drop 1');
  expect(read(running)).toBe('put 1');
  expect(table.count()).toBe(1);
});

test('what is the same is taken all the same into a new initial state', () => {
  const { table, read } = reader();
  read(running, 'ADDED');
  expect(table.sink.read?.(lineOf(running, 'ADDED'), true).kind).toBe('put');
});
