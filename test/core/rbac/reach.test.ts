import type { ClusterObject, JsonObject } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matcherOf, type Right } from '../../../core/src/cluster/rbac/right.ts';
import { allowed, graphOf } from './ask.ts';
import { authorize } from './authorizer.ts';
import { alphabet, attributes, rbacWorld } from './world.ts';

test('who may do what is what the authorizer answers', () => {
  let yes = 0;
  fc.assert(
    fc.property(rbacWorld, fc.array(attributes, { minLength: 20, maxLength: 20 }), (objects, all) => {
      const graph = graphOf(objects);
      for (const asked of all) {
        const expected = authorize(objects, asked);
        if (expected) yes += 1;
        expect(allowed(graph, asked), JSON.stringify(asked)).toBe(expected);
      }
    }),
    { numRuns: 400 },
  );
  // The law would hold of a world in which nobody may do anything.
  expect(yes).toBeGreaterThan(200);
});

const right: fc.Arbitrary<Right> = fc.record({
  apiGroups: fc.subarray([...alphabet.groups], { minLength: 1 }),
  resources: fc.subarray(['pods', 'pods/exec', 'deployments', 'deployments/scale', 'secrets'], { minLength: 1 }),
  // Names limit neither what is created nor a collection: cases say how these are told.
  verbs: fc.subarray(['get', 'list', 'impersonate'], { minLength: 1 }),
});

test('a rule gives a right on every object, or on the named ones, exactly when the authorizer lets it', () => {
  const seen = { all: 0, named: 0 };
  fc.assert(
    fc.property(rbacWorld, right, (objects, wanted) => {
      const matches = matcherOf([wanted]);
      for (const binding of graphOf(objects).bindings) {
        const one = objects.filter((object) => isFor(object, binding.object));
        for (const { key, kind, name, namespace } of binding.grantees) {
          const user =
            kind === 'user' ? name : kind === 'group' ? 'nobody' : `system:serviceaccount:${namespace}:${name}`;
          const may = (object: string) =>
            actions(wanted).some(([group, resource, subresource, verb]) =>
              authorize(one, {
                user,
                groups: kind === 'group' ? [name] : [],
                verb,
                group,
                resource,
                subresource,
                name: object,
                namespace: binding.namespace || 'rbac-a',
              }),
            );
          const found = binding.role ? matches(binding.role) : [];
          expect(
            found.some((match) => !match.named),
            key,
          ).toBe(may('another'));
          expect(found.length > 0, key).toBe(may('another') || may('one') || may('two'));
          seen.all += Number(may('another'));
          seen.named += Number(found.some((match) => match.named));
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.all, seen.named)).toBeGreaterThan(30);
});

/** Every role, and of the bindings only this one. */
function isFor(object: JsonObject, binding: ClusterObject): boolean {
  if (!String(object['kind']).endsWith('Binding')) return true;
  const { name, namespace = '' } = object['metadata'] as { name: string; namespace?: string };
  return object['kind'] === binding.kind && name === binding.name && namespace === binding.namespace;
}

function actions({ apiGroups, resources, verbs }: Right) {
  return apiGroups.flatMap((group) =>
    resources.flatMap((whole) => {
      const [resource = '', subresource = ''] = whole.split('/');
      return verbs.map((verb) => [group, resource, subresource, verb] as const);
    }),
  );
}
