import { AttestationRequest, decisionOf, WaiverRequest } from '@plumbline/core';
import Value from 'typebox/value';
import { expect, test } from 'vitest';
import { smallPack } from '../aggregator/world.ts';

const now = Date.parse('2026-11-24T00:00:00.000Z');
const pack = smallPack();
const good: WaiverRequest = {
  kind: 'accepted-risk',
  control: 'kubelet-mode',
  owner: 'Jane Doe',
  reason: 'Replaced in spring.',
  expires: '2027-04-01',
};
const problemsOf = (request: WaiverRequest | AttestationRequest, past = false) =>
  decisionOf(request, { pack, now, past }).problems.map(({ field, message }) => `${field}: ${message}`);

test('a control by slug, or by its number in a document; the end as a time', () => {
  expect(decisionOf(good, { pack, now })).toEqual({
    problems: [],
    decision: { ...good, expires: '2027-04-01T00:00:00.000Z' },
  });
  const { control: _, ...numbered } = good;
  const benchmark = 'cis/kubernetes-2.0';
  const expected = { ...good, benchmark, expires: '2027-04-01T00:00:00.000Z' };
  expect(decisionOf({ ...numbered, number: '4.1.1', benchmark }, { pack, now }).decision).toEqual(expected);
  expect(decisionOf({ ...numbered, control: '4.1.1', benchmark }, { pack, now }).decision).toEqual(expected);
  expect(problemsOf({ ...good, benchmark })).toEqual([]);
});

test.each<readonly [string, Partial<WaiverRequest>, string]>([
  ['needs 8: an unknown number', { control: '5.2.99' }, 'control: there is no control 5.2.99'],
  ['an unknown slug', { control: 'nothing' }, 'control: there is no control nothing'],
  ['an unknown document', { benchmark: 'cis/none' }, 'benchmark: there is no benchmark cis/none'],
  [
    'a number of no document',
    { control: '4.1.1' },
    'benchmark: a number means other controls in other documents: say in which 4.1.1 is',
  ],
  ['two names', { number: '4.1.1' }, 'number: give a control by its slug or by its number, not both'],
  ['a time that is over', { expires: '2026-11-24' }, 'expires: it would be over already'],
  [
    'too far ahead',
    { expires: '2029-01-01' },
    'expires: at most two years ahead: longer, and nobody looks at it again',
  ],
  ['no time', { expires: 'soon' }, 'expires: soon is no date or time in ISO 8601, such as 2027-01-31'],
  ['no such day', { expires: '2027-13-01' }, 'expires: 2027-13-01 is no date or time in ISO 8601, such as 2027-01-31'],
  ['mitigated by nothing', { kind: 'mitigated' }, 'compensating: a mitigated risk needs the measure that covers it'],
  [
    'a value of a label',
    { nodeSelector: 'pool=a' },
    'nodeSelector: values of labels are not kept: ask for the key alone, not for pool=a',
  ],
  ['no label', { nodeSelector: 'pool,' }, 'nodeSelector: nothing is no key of a label'],
  ['a bad label', { nodeSelector: '!-x' }, 'nodeSelector: !-x is no key of a label'],
])('%s is refused', (_title, change, problem) => {
  expect(problemsOf({ ...good, ...change })).toEqual([problem]);
});

test('every mistake is told at once', () => {
  expect(problemsOf({ ...good, control: 'x', expires: 'never', kind: 'mitigated' })).toHaveLength(3);
});

test('a document must have the control, and a request must name one', () => {
  const { control: _, ...none } = good;
  expect(problemsOf(none)).toEqual(['control: say which control it is about']);
  const [first, ...others] = pack.benchmarks;
  const listed = first?.controls ?? [];
  const small = {
    controls: pack.controls,
    benchmarks: first ? [{ ...first, controls: listed.filter((one) => one.number !== '4.1.1') }, ...others] : [],
  };
  const asked = (request: WaiverRequest) => decisionOf(request, { pack: small, now }).problems;
  const benchmark = first?.benchmark ?? '';
  expect(asked({ ...good, benchmark })).toMatchObject([
    { field: 'control', message: `${benchmark} has no control kubelet-mode` },
  ]);
  expect(asked({ ...none, number: '4.1.1', benchmark })).toMatchObject([{ field: 'number' }]);
});

test('in a file an end that is over is no mistake, and with a measure mitigated is none', () => {
  expect(problemsOf({ ...good, expires: '2020-01-01' }, true)).toEqual([]);
  expect(problemsOf({ ...good, kind: 'mitigated', compensating: 'A firewall.' })).toEqual([]);
});

test('shapes: owner, reason and end are needed, blanks are none, nothing else is taken', () => {
  expect(Value.Check(WaiverRequest, good)).toBe(true);
  const { kind: _, ...attestation } = good;
  expect(Value.Check(AttestationRequest, { ...attestation, proof: 'https://tickets/7' })).toBe(true);
  for (const wrong of [
    { owner: undefined },
    { reason: undefined },
    { expires: undefined },
    { owner: '  ' },
    { more: 1 },
  ])
    expect(Value.Check(WaiverRequest, { ...good, ...wrong })).toBe(false);
});
