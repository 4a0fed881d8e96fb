import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import { RuleOn } from '../../../aggregator/src/alert/rule-spec.ts';
import { ruleOf, usualRules } from '../../../aggregator/src/alert/rules.ts';
import { rulesOf } from '../../../aggregator/src/alert/start-telling.ts';

const file = (rule: string) => `receivers:
  - {name: hook, kind: webhook, url: "https://example.com/hook"}
rules:
  - {name: one, receivers: [hook], ${rule}}
`;

function mistakes(rule: string): string {
  try {
    readAlerts('alerts.yaml', file(rule));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('the example in deploy/ shows every kind of rule and can be used', () => {
  const { rules } = readAlerts('rules.yaml', readFileSync('deploy/alerts/rules.yaml', 'utf8'));
  expect([...new Set(rules.map((rule) => rule.on))].sort()).toEqual(RuleOn.anyOf.map((one) => one.const).sort());
  expect(rules.map(ruleOf)).toMatchObject([
    { name: 'serious', atLeast: 'high', wait: 400, group: 60_000, resolveAfter: 60_000, statuses: ['fail'] },
    { name: 'tenants', wait: 60_000, sections: ['5.2', '5.7'] },
    { name: 'manifests', facts: ['file'] },
    { name: 'cannot-judge', for: 300_000 },
    { name: 'node-silent', severity: 'high', for: 120_000, wait: 30_000 },
    { name: 'score', below: 85 },
    { name: 'coverage', below: 95 },
    { name: 'certificates', within: 14 * 86_400_000 },
    { name: 'waivers', within: 7 * 86_400_000 },
  ]);
});

test('without rules the usual ones tell every receiver, without receivers nobody', () => {
  expect(rulesOf({ rules: [], receivers: [{ name: 'a' }, { name: 'b' }] })).toEqual(usualRules(['a', 'b']));
  expect(usualRules().every((rule) => rule.receivers.length === 0)).toBe(true);
});

test.each([
  ['on: regress', ''],
  ['on: drift, facts: [file]', ''],
  ['on: drift', 'needs facts'],
  ['on: score', 'needs below'],
  ['on: silent, facts: [file]', 'is on silent and has no facts'],
  ['on: regress, below: 3', 'is on regress and has no below'],
  ['on: regress, wait: soon', 'wait'],
  ['on: regress, severity: bad', 'severity'],
  ['on: gossip', 'on'],
  ['on: regress, controlls: [a]', 'controlls'],
])('%s: %s', (rule, mistake) => {
  const said = mistakes(rule);
  if (mistake === '') expect(said).toBe('');
  else expect(said).toContain(mistake);
});
