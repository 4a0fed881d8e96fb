import { rmSync, writeFileSync } from 'node:fs';
import { PackError } from '@plumbline/core';
import { expect, test } from 'vitest';
import { followAlertsFile } from '../../../aggregator/src/alert/alerts-file.ts';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import { freshFile } from '../world.ts';

const webhook = '  - {name: hook, kind: webhook, url: "https://example.com/in"}\n';

function problemsOf(text: string): readonly string[] {
  try {
    readAlerts('alerts.yaml', text);
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    expect(error.code).toBe('PLB_CONFIG_INVALID');
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
  return [];
}

test.each([
  ['broken YAML', 'receivers: [', /^1: /],
  ['no receivers', 'rules: []\n', /^1: .*receivers/],
  ['an unknown kind', 'receivers:\n  - {name: a, kind: carrier-pigeon}\n', /^2: \/receivers\/0\/kind/],
  ['an unknown field', `receivers:\n${webhook.replace('}', ', colour: red}')}`, /^2: .*(colour|additional)/],
  [
    'a secret in the file',
    'receivers:\n  - name: a\n    kind: slack\n    url: https://hooks.slack.example/s\n',
    /^2: .*(urlFile|additional)/,
  ],
  ['neither url nor urlFile', 'receivers:\n  - {name: a, kind: webhook}\n', /^2: .*exactly one of url and urlFile/],
  ['both', `receivers:\n${webhook.replace('}', ', urlFile: /url}')}`, /^2: .*exactly one of url and urlFile/],
  ['a name twice', `receivers:\n${webhook}${webhook}`, /^3: .*a second receiver hook/],
  [
    'a mail address with a line break',
    'receivers:\n  - {name: a, kind: email, host: mail, from: "a@b\\nBcc: c@d", to: [a@b]}\n',
    /^2: .*from/,
  ],
  ['no addresses', 'receivers:\n  - {name: a, kind: email, host: mail, from: a@b, to: []}\n', /^2: .*to/],
])('a mistake is named with its line: %s', (_, text, expected) => {
  expect(problemsOf(text)[0]).toMatch(expected);
});

test('a rule whose receiver is not there, at its own line', () => {
  const rule = (name: string, receiver: string) =>
    `  - name: ${name}\n    on: regress\n    receivers:\n      - ${receiver}\n`;
  const problems = problemsOf(`receivers:\n${webhook}rules:\n${rule('one', 'hook')}${rule('two', 'none')}`);
  expect(problems.filter((one) => one.includes('no receiver'))).toEqual([
    expect.stringMatching(/^11: .*there is no receiver none/),
  ]);
});

test('the file is followed: what is broken is said once and what held before holds', () => {
  const path = freshFile();
  const said: string[] = [];
  expect(() => followAlertsFile(path, { changed: () => undefined, kept: () => undefined })).toThrow('cannot be read');
  writeFileSync(path, `receivers:\n${webhook}`);
  const file = followAlertsFile(path, {
    changed: ({ receivers }) => said.push(`changed: ${receivers.length}`),
    kept: (error) => said.push(`kept: ${error.replace(path, 'FILE')}`),
  });
  const seen: number[] = [];
  file.onChange(({ receivers }) => seen.push(receivers.length));
  file.check();
  writeFileSync(path, 'receivers: 3\n');
  file.check();
  file.check();
  expect(file.current().receivers.map((one) => one.name)).toEqual(['hook']);
  expect(file.error()).toContain('must be array');
  rmSync(path);
  file.check();
  writeFileSync(path, `receivers:\n${webhook}${webhook.replace('hook', 'other')}`);
  file.check();
  file.stop();
  expect(file.error()).toBeNull();
  expect(seen).toEqual([2]);
  expect(said).toEqual([
    expect.stringMatching(/^kept: FILE:1: .*must be array/),
    expect.stringContaining('kept: The alerts file FILE cannot be read'),
    'changed: 2',
  ]);
});

test('without a file there are no receivers', () => {
  const file = followAlertsFile(undefined, { changed: () => undefined, kept: () => undefined });
  file.check();
  expect(file.current()).toEqual({ receivers: [], rules: [] });
  file.stop();
});
