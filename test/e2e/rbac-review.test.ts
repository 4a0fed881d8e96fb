import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowed, graphOf } from '../core/rbac/ask.ts';
import type { Attributes } from '../core/rbac/authorizer.ts';
import { attributes, rbacWorld } from '../core/rbac/world.ts';
import { kubectl, kubectlWith, until } from './lib/cluster.ts';

/** Our graph answers as the real API server does to SubjectAccessReview, over random roles and bindings. */

const worlds = 10;
const questions = 40;
const namespaces = ['rbac-a', 'rbac-b'];
const kinds = 'rolebindings,roles,clusterrolebindings,clusterroles';
const label = { 'plumbline.test/rbac': 'review' };

beforeAll(() => {
  for (const name of namespaces) kubectl('create', 'namespace', name);
}, 60_000);

afterAll(() => {
  clean();
  for (const name of namespaces) kubectl('delete', 'namespace', name, '--wait=false');
}, 60_000);

function clean(): void {
  kubectl('delete', kinds, '-A', '-l', 'plumbline.test/rbac=review', '--ignore-not-found');
}

function review({ user, groups, path, ...asked }: Attributes): object {
  const spec =
    path === undefined
      ? { user, groups, resourceAttributes: asked }
      : { user, groups, nonResourceAttributes: { path, verb: asked.verb } };
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
}

function answers(all: readonly Attributes[]): readonly boolean[] {
  const lines = kubectlWith(all.map(review), 'create', '-o', 'jsonpath={.status.allowed}{"\\n"}').trim().split('\n');
  if (lines.length !== all.length) throw new Error(`${lines.length} answers to ${all.length} questions`);
  return lines.map((line) => line === 'true');
}

const samples = fc.sample(fc.tuple(rbacWorld, fc.array(attributes, { minLength: questions, maxLength: questions })), {
  numRuns: worlds,
  seed: 20_261_124,
});
let yes = 0;

test.each(samples.map(([objects, all], index) => [index, objects, all] as const))(
  'world %i',
  async (_, objects, all) => {
    clean();
    kubectlWith(
      objects.map((one) => ({ ...one, metadata: { ...(one['metadata'] as object), labels: label } })),
      'create',
    );
    const graph = graphOf(objects);
    const ours = all.map((asked) => allowed(graph, asked));
    yes += ours.filter(Boolean).length;
    // The authorizer reads from a cache that follows within moments.
    const theirs = await until(20, 'the authorizer follows', () => {
      const now = answers(all);
      return now.every((answer, index) => answer === ours[index]) ? now : undefined;
    }).catch(() => answers(all));
    const named = (list: readonly boolean[]) => list.map((answer, index) => `${answer} ${JSON.stringify(all[index])}`);
    expect(named(theirs)).toEqual(named(ours));
  },
);

test('the questions have both answers', () => {
  expect(yes).toBeGreaterThan(worlds);
  expect(yes).toBeLessThan(worlds * questions - worlds);
});
