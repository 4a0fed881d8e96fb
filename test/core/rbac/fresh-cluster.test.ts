import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@plumbline/core';
import { expect, test } from 'vitest';
import { judgeClusterCase } from '../../cases/cluster-world.ts';
import { shippedPack } from '../../pack.ts';

/** Every RBAC object and account of a cluster that kubeadm 1.34 made an hour before. */
const fresh = JSON.parse(readFileSync(join(import.meta.dirname, 'fresh-kubeadm-1.34.json'), 'utf8')) as JsonObject[];
const pack = shippedPack();
const controls = [...pack.controls.values()].filter(({ check }) =>
  ['grants', 'wildcard-roles'].includes(check?.survey ?? ''),
);

function judged(slug: string, objects: readonly JsonObject[], minor: string) {
  const control = pack.controls.get(slug);
  if (!control) throw new Error(`no control ${slug}`);
  return judgeClusterCase(pack, control, { class: 'pass', says: '', minor, objects, expect: { status: '' } });
}

test.each(controls.map(({ slug }) => slug))('%s: what Kubernetes makes is never the fault of anybody', (slug) => {
  const findings = judged(slug, fresh, '1.34');
  expect(findings.filter(({ status, reason }) => status !== 'pass' || reason !== 'system-default')).toEqual([]);
  expect(findings.length).toBeGreaterThan(0);
});

test.each(controls.map(({ slug }) => slug))('%s: kubeadm to 1.28 bound no administrators of its own', (slug) => {
  const before = fresh.filter((object) => JSON.stringify(object['metadata']).indexOf('kubeadm:cluster-admins') < 0);
  expect(before.length).toBe(fresh.length - 1);
  expect(judged(slug, before, '1.28').map(({ reason }) => reason)).not.toContain('cluster-wide');
});

test('nothing but its own binding uses system:masters', () => {
  const findings = judged('rbac-system-masters', fresh, '1.34');
  expect(findings.map(({ subject, status }) => `${subject} ${status}`)).toEqual(['cluster pass', 'nodes warn']);
});

test('every binding of a fresh cluster is known, with everybody in it', () => {
  const known = new Set(pack.defaults.rbac.bindings.map(({ binding, subject }) => `${binding} ${subject}`));
  const there = fresh
    .filter(({ kind }) => String(kind).endsWith('Binding'))
    .flatMap((object) => {
      const { name, namespace = '' } = object['metadata'] as { name: string; namespace?: string };
      const subjects = (object['subjects'] ?? []) as { kind: string; name: string; namespace?: string }[];
      const own = [String(object['kind']).toLowerCase(), namespace, name].filter(Boolean).join('/');
      return subjects.map(
        (one) => `${own} ${[one.kind.toLowerCase(), one.namespace ?? '', one.name].filter(Boolean).join('/')}`,
      );
    });
  expect(there.length).toBeGreaterThan(60);
  expect(there.filter((one) => !known.has(one))).toEqual([]);
});
