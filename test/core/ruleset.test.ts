import { type Control, chooseDocument, type Entry, judgeNode, nodeView } from '@plumbline/core';
import { expect, test } from 'vitest';
import { rulesetOf } from '../../core/src/ruleset.ts';
import { shippedPack } from '../pack.ts';

const control: Control = {
  slug: 'kubelet-mode',
  title: 'Mode of the kubelet file',
  severity: 'high',
  subject: 'kubelet',
  why: 'why',
  remedy: 'remedy',
  params: { mode: { type: 'mode', default: '600' } },
  check: { pass: { files: 'kubelet.config', modeAtMost: { param: 'mode' } } },
};
const entry: Entry = { number: '4.1.1', control: 'kubelet-mode', level: '1', by: 'automated', role: 'node' };
const ruleset = (more: Partial<Control> = {}, line: Partial<Entry> = {}) =>
  rulesetOf({ ...control, ...more }, { ...entry, ...line });

test('what judges makes a ruleset', () => {
  const { check: _, ...unchecked } = control;
  const others = [
    ruleset(),
    rulesetOf(unchecked, entry),
    ruleset({ check: { pass: { files: 'kubelet.config', modeAtMost: '600' } } }),
    ruleset({ subject: 'node' }),
    ruleset({ alsoOn: ['etcd'] }),
    ruleset({}, { role: 'control-plane' }),
    ruleset({}, { params: { mode: '644' } }),
  ];
  expect(new Set(others).size).toBe(others.length);
  for (const one of others) expect(one).toMatch(/^[0-9a-f]{16}$/);
});

test('numbers, titles, remedies and the order of keys do not', () => {
  const sameCheck = { pass: { modeAtMost: { param: 'mode' }, files: 'kubelet.config' } };
  const same = ruleset({ title: 'Another', remedy: 'Another', check: sameCheck }, { number: '4.1.9', level: '2' });
  expect(same).toBe(ruleset());
  expect(rulesetOf(control, entry)).toBe(rulesetOf(control, entry));
  expect(ruleset({}, { params: { mode: '600' } })).toBe(ruleset());
});

test('no two shipped controls share one within a document, and the letter has its own', () => {
  const pack = shippedPack();
  const choice = chooseDocument(pack, undefined);
  const rulesets = (reading: 'effective' | 'letter') => {
    const documents = { controlPlane: choice, node: choice };
    const now = '2026-01-01T00:00:00.000Z';
    const found = judgeNode({ pack, view: nodeView('n', []), versions: {}, documents, reading, now });
    return new Map(found.map((one) => [one.control, one.ruleset]));
  };
  const effective = rulesets('effective');
  expect(new Set(effective.values()).size).toBe(effective.size);
  const differ = [...rulesets('letter')].filter(([slug, own]) => own !== effective.get(slug)).map(([slug]) => slug);
  expect(differ.length).toBeGreaterThan(0);
  expect(differ.filter((slug) => pack.controls.get(slug)?.letter === undefined)).toEqual([]);
});
