import { PackError, readPack } from '@plumbline/core';
import { expect, test } from 'vitest';
import { packTexts } from '../pack.ts';

const control = `title: A control that a test made
severity: low
subject: kubelet
why: Because the test needs one of them.
remedy: Nothing has to be done about this one.
`;
const document = `benchmark: cis/test
title: Test
version: "0"
published: "0"
follows: null
kubernetes: {from: "1.30", to: "1.31"}
total: "1"
sections: {"4": {title: Nodes, total: "1"}}
controls:
  - {number: "4.1.1", control: kubelet-made, level: "1", by: automated, role: node}
`;

/** A small pack: the shipped defaults and platforms, one control, one document; `changes` replace or add files. */
function small(changes: Readonly<Record<string, string>> = {}): Map<string, string> {
  const texts = new Map(
    [...packTexts()].filter(([file]) => file.startsWith('defaults/') || file.startsWith('platforms/')),
  );
  texts.set('controls/kubelet/made.yaml', control);
  texts.set('cis/test.yaml', document);
  for (const [file, text] of Object.entries(changes)) texts.set(file, text);
  return texts;
}

function problems(changes: Readonly<Record<string, string>>): readonly string[] {
  try {
    readPack(small(changes));
    return [];
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    expect(error.message).toContain(`${error.problems[0]?.file}:${error.problems[0]?.line}`);
    return error.problems.map((one) => `${one.code} ${one.file}:${one.line}: ${one.message}`);
  }
}

test('the small pack is sound', () => {
  expect(problems({})).toEqual([]);
  expect(readPack(small()).benchmarks.map((one) => one.benchmark)).toEqual(['cis/test']);
});

test('a pack without documents is refused', () => {
  const texts = small();
  texts.delete('cis/test.yaml');
  expect(() => readPack(texts)).toThrow('cis:1: a pack holds at least one document');
  expect(() => readPack(new Map())).toThrow(PackError);
});

const made = 'controls/kubelet/made.yaml';
const check = (text: string) => ({
  [made]: `${control}params: {mode: {type: mode, default: "0600", says: A mode.}}\ncheck:\n  ${text}\n`,
});

const cluster = (text: string) => ({ [made]: `${control.replace('kubelet', 'cluster')}check:\n  ${text}\n` });

test.each<readonly [string, Readonly<Record<string, string>>, string]>([
  ['bad YAML', { [made]: `${control}check: [` }, `PLB_PACK_SYNTAX ${made}:6`],
  ['a key twice', { [made]: `${control}severity: high\n` }, `PLB_PACK_SYNTAX ${made}:6`],
  ['an alias', { [made]: `${control.replace('low', '&a low')}note: *a\n` }, made],
  ['a huge file', { [made]: control + '#'.repeat(1_000_001) }, 'larger than'],
  ['an unknown field', { [made]: `${control}path: /etc\n` }, `PLB_PACK_SCHEMA ${made}`],
  ['an unquoted mode', check('pass: {files: kubelet.config, modeAtMost: 600}'), `PLB_PACK_SCHEMA ${made}:8`],
  ['an unquoted number', { 'cis/test.yaml': document.replace('"4.1.1"', '4.1') }, 'PLB_PACK_SCHEMA cis/test.yaml:10'],
  [
    'an unknown setting',
    check('pass: {setting: anonymousAuth, equals: "false"}'),
    `PLB_PACK_RULE ${made}:8: kubelet has no setting anonymousAuth`,
  ],
  ['an unknown setting of another component', check('pass: {setting: "etcd:x", set: true}'), 'etcd has no setting x'],
  [
    'an unknown set of files',
    check('pass: {files: kubelet.x, modeAtMost: "0600"}'),
    'no platform says where the files kubelet.x are',
  ],
  ['an unknown set of files, any', check('pass: {anyFile: kubelet.x}'), 'no platform says'],
  ['an unknown fact', check('pass: {fact: kubelet.x, set: true}'), 'there is no fact kubelet.x'],
  ['an unknown rule', check('pass: {rule: magic}'), 'there is no rule magic'],
  ['a survey on a node', check('survey: workload-rule'), 'a survey judges the cluster, and nothing else does'],
  ['a condition on the cluster', cluster('pass: {running: kubelet}'), 'a survey judges the cluster'],
  ['an unknown survey', cluster('survey: magic'), 'there is no survey magic'],
  ['an operand that a survey does not take', cluster('survey: unused-namespace\n  with: {space: a}'), `${made}:8`],
  ['an operand that is missing', cluster('survey: unused-namespace'), 'PLB_PACK_RULE'],
  [
    'an operand that is wrong inside a list',
    cluster(
      'survey: workload-rule\n  with:\n    of: pod\n    violates: "false"\n    says: nothing of it\n    field: x\n    points:\n      - {says: a}',
    ),
    `PLB_PACK_RULE ${made}:14: /points/0`,
  ],
  [
    'an operand of an unknown parameter',
    cluster('survey: unused-namespace\n  with: {namespace: {param: x}}'),
    'there is no parameter x',
  ],
  [
    'an expression that is none',
    cluster('survey: workload-rule\n  with: {of: pod, violates: "pod.x ==", says: nothing of it, field: x}'),
    `PLB_PACK_RULE ${made}:8: is no expression of CEL`,
  ],
  [
    'a point with a name that is no variable',
    cluster(
      'survey: workload-rule\n  with:\n    of: pod\n    violates: "false"\n    says: nothing of it\n    field: x\n    points:\n      - {says: a, holds: node.x}',
    ),
    `PLB_PACK_RULE ${made}:14: is no expression of CEL: it knows container`,
  ],
  ['an unknown parameter', check('pass: {files: kubelet.config, modeAtMost: {param: x}}'), 'there is no parameter x'],
  ['an unknown parameter asked for', check('pass: {param: x, equals: "1"}'), 'there is no parameter x'],
  ['two operators', check('pass: {setting: config, set: true, unset: true}'), 'exactly 1 operator, this one has 2'],
  ['no operator', check('pass: {setting: config}'), 'exactly 1 operator, this one has 0'],
  [
    'a decision without a last resort',
    check(
      'decide: [{status: pass, when: {running: kubelet}, because: it runs here}, {status: fail, when: {running: etcd}, because: it runs here}]',
    ),
    'only the last clause',
  ],
  [
    'a decision whose first clause always holds',
    check('decide: [{status: pass, because: it runs here}, {status: fail, because: it does not run}]'),
    'only the last clause',
  ],
  [
    'a wrong total',
    { 'cis/test.yaml': document.replace('total: "1"\nsections', 'total: "2"\nsections') },
    'its published total is 2',
  ],
  [
    'a wrong total of a section',
    { 'cis/test.yaml': document.replace('total: "1"}}', 'total: "3"}}') },
    'published are 3',
  ],
  [
    'an unknown control',
    { 'cis/test.yaml': document.replace('kubelet-made', 'kubelet-lost') },
    'cis/test.yaml:10: there is no control kubelet-lost',
  ],
  [
    'a parameter that the control lacks',
    { 'cis/test.yaml': document.replace('role: node', 'role: node, params: {x: "1"}') },
    'kubelet-made has no parameter x',
  ],
  ['a number of no section', { 'cis/test.yaml': document.replace('"4.1.1"', '"7.1.1"') }, 'no section 7'],
  ['two first documents', { 'cis/other.yaml': document.replace('cis/test', 'cis/other') }, 'both follow nothing'],
  [
    'a document outside the chain',
    { 'cis/other.yaml': document.replace('cis/test', 'cis/other').replace('follows: null', 'follows: cis/gone') },
    'is not in the chain',
  ],
  [
    'a circle of documents',
    {
      'cis/a.yaml': document.replace('cis/test', 'cis/a').replace('follows: null', 'follows: cis/b'),
      'cis/b.yaml': document.replace('cis/test', 'cis/b').replace('follows: null', 'follows: cis/a'),
    },
    'is not in the chain',
  ],
  ['a further role for a component', { [made]: `${control}alsoOn: [etcd]\n` }, '`alsoOn` is for controls'],
  ['the same slug twice', { 'controls/kubelet-made.yaml': control }, 'a second file for the control kubelet-made'],
  ['a broken platform', { 'platforms/kubeadm.yaml': 'platform: kubeadm\n' }, 'PLB_PACK_SCHEMA platforms/kubeadm.yaml'],
  ['broken defaults', { 'defaults/kubelet.yaml': 'component: kubelet\n' }, 'PLB_PACK_SCHEMA defaults/kubelet.yaml'],
])('%s is refused with file and line', (_says, changes, wanted) => {
  expect(problems(changes).join('\n')).toContain(wanted);
});

test('numbers out of order and twice', () => {
  const line = '  - {number: "4.1.1", control: kubelet-made, level: "1", by: automated, role: node}\n';
  const twice = `${document}${line}`.replace('total: "1"\n', 'total: "2"\n').replace('total: "1"}}', 'total: "2"}}');
  expect(problems({ 'cis/test.yaml': twice }).join('\n')).toContain('listed twice');
});

test('a missing table', () => {
  const texts = small();
  texts.delete('defaults/flags.yaml');
  expect(() => readPack(texts)).toThrow('defaults/flags.yaml:1: is missing');
});

test('an empty file is refused at its first line', () => {
  expect(problems({ [made]: '' }).join('\n')).toContain(`PLB_PACK_SCHEMA ${made}:1: /: must be object`);
});

test('two documents of one id are refused, also where one follows itself', () => {
  const twin = document.replace('follows: null', 'follows: cis/test');
  const found = 'PLB_PACK_RULE cis/test-2.yaml:1: a second document cis/test';
  expect(problems({ 'cis/test-2.yaml': twin })).toEqual([found]);
  expect(problems({ 'cis/test-2.yaml': document })).toEqual([found]);
});

test('platforms are tried in their order, not in that of their files', () => {
  const kubeadm = small().get('platforms/kubeadm.yaml') ?? '';
  const early = kubeadm.replace('platform: kubeadm', 'platform: z').replace('order: "90"', 'order: "9"');
  expect(readPack(small({ 'platforms/z.yaml': early })).platforms.map((one) => one.platform)).toEqual(['z', 'kubeadm']);
});

test('a flag that counts takes no value', () => {
  const flags = small().get('defaults/flags.yaml') ?? '';
  const counted = flags.replace(/(components:\n\s+\S+:\n)(\s+)\S+:.*\n/, '$1$2verbose: {kind: count}\n');
  const [first] = readPack(small({ 'defaults/flags.yaml': counted })).kinds.values();
  expect(first?.get('verbose')).toBe('bool');
});

test('a broken pack without a problem to name is broken all the same', () => {
  expect(new PackError([])).toMatchObject({ code: 'PLB_PACK_RULE', message: 'the pack is broken' });
});
