import { PackError, readDecisions } from '@plumbline/core';
import { expect, test } from 'vitest';
import { smallPack } from '../aggregator/world.ts';

const now = Date.parse('2026-01-01T00:00:00.000Z');
const pack = smallPack();
const read = (text: string) => readDecisions('waivers.yaml', text, pack, now);
const good = `waivers:
  - control: kubelet-mode
    kind: accepted-risk
    owner: Jane Doe
    reason: Replaced in spring.
    expires: "2026-06-01"
attestations:
  - {number: "5.1.1", benchmark: cis/kubernetes-2.0, owner: Joe, reason: Read them all., expires: "2026-06-01"}
`;

test('waivers and attestations of a file have file and line as id', () => {
  const { waivers, attestations } = read(good);
  expect(waivers).toMatchObject([
    { id: 'waivers.yaml:2', control: 'kubelet-mode', expires: '2026-06-01T00:00:00.000Z' },
  ]);
  expect(attestations).toMatchObject([{ id: 'waivers.yaml:8', control: 'policy-people', owner: 'Joe' }]);
  expect(read('{}')).toEqual({ waivers: [], attestations: [] });
});

test('what has expired is no mistake of the file', () => {
  expect(read(good.replace('"2026-06-01"', '"2020-06-01"')).waivers).toHaveLength(1);
});

test.each([
  [good.replace('kubelet-mode', 'nothing'), 'waivers.yaml:2: control: there is no control nothing'],
  [good.replace('"2026-06-01"', '"soon"'), 'waivers.yaml:6: expires: soon is no date'],
  [good.replace('5.1.1', '5.2.99'), 'waivers.yaml:8: number: there is no control 5.2.99'],
  [good.replace('    owner: Jane Doe\n', ''), 'waivers.yaml:2: /waivers/0: must have required properties owner'],
  [good.replace('owner: Joe, ', ''), 'waivers.yaml:8'],
  [good.replace('accepted-risk', 'whatever'), 'waivers.yaml:3'],
  ['waivers: [', 'waivers.yaml:1'],
  ['exemptions: []', 'waivers.yaml:1'],
])('%# is refused with file and line', (text, says) => {
  const refused = () => read(text);
  expect(refused).toThrow(PackError);
  expect(refused).toThrow(
    expect.objectContaining({ code: 'PLB_CONFIG_INVALID', message: expect.stringContaining(says) }),
  );
});
