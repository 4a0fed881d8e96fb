import { expect, test } from 'vitest';
import { calicoSelector } from '../../core/src/cluster/network/calico-selector.ts';

const labels = { app: 'web', 'team.io/name': 'ops', tier: '' };

test.each([
  ['', true],
  ['all()', true],
  ['global()', false],
  ["app == 'web'", true],
  ['app=="db"', false],
  ["app != 'db'", true],
  ["gone != 'db'", true],
  ['app in {\'db\', "web"}', true],
  ["app in{'db'}", false],
  ['app in {}', false],
  ["app not in {'db'}", true],
  ["gone not in { 'db' }", true],
  ["app contains 'e'", true],
  ["gone contains 'e'", false],
  ["app starts with 'w'", true],
  ["app ends with 'x'", false],
  ['has(team.io/name)', true],
  ['has( gone )', false],
  ['!has(gone)', true],
  ['!!has(app)', true],
  ["has(tier) && tier == ''", true],
  ["app == 'db' || app == 'web' && !has(gone)", true],
  ["(app == 'db' || app == 'web') && has(gone)", false],
  ["in == 'x'", false],
  ['has(constructor)', false],
] as const)('%s', (text, fits) => {
  expect(calicoSelector(text)?.(labels)).toBe(fits);
});

test.each([
  'app',
  'app ==',
  "== 'web'",
  'app == web',
  "app == 'web",
  "app = 'web'",
  "app in {'a' 'b'}",
  "app in 'a'",
  "app in {'a', }",
  'has(app',
  "(app == 'web'",
  "app == 'web')",
  "app == 'web' &&",
  "app toString 'web'",
  'all() all()',
  '<script>',
  `${'('.repeat(1000)}all()${')'.repeat(1000)}`,
  `${'!'.repeat(1000)}all()`,
  `app == '${'x'.repeat(5000)}'`,
])('%s is no selector', (text) => {
  expect(calicoSelector(text)).toBeUndefined();
});
