import { describe, expect, test } from 'vitest';
import { meter } from '../../core/src/cel/budget.ts';
import { compileCel, inputOf } from '../../core/src/cel/program.ts';

function evaluate(text: string, pod: unknown = {}) {
  const compiled = compileCel(text, ['pod']);
  if ('problem' in compiled) return compiled;
  return compiled.program.evaluate({ pod: inputOf(pod as never) });
}

const many = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('expressions of CEL', () => {
  test.each<readonly [string, unknown, unknown]>([
    ['has(pod.hostPID) && pod.hostPID', { hostPID: true }, true],
    ['has(pod.hostPID) && pod.hostPID', {}, false],
    ['pod.l.exists(x, x.user == 0)', { l: [{ user: 0 }] }, true],
    ['pod.n % 2 == 1', { n: 3 }, true],
    ['pod.n < 2', { n: 1.5 }, true],
    ['pod.constructor == "x" && pod.__proto__ == "y"', JSON.parse('{"constructor":"x","__proto__":"y"}'), true],
    ['pod.l.map(x, string(x))', { l: [1, 2] }, ['1', '2']],
    ['pod.name', { name: '<b>' }, '<b>'],
  ])('%s of %j is %j', (text, pod, value) => {
    expect(evaluate(text, pod)).toEqual({ ok: true, value });
  });

  test.each<readonly [string, string]>([
    ['pod.a ===', 'expecting'],
    ['node.a', 'it knows pod, not node'],
    ['pod.l.all(x, y)', 'not y'],
    [`${'('.repeat(1900)}true${')'.repeat(1900)}`, 'nested'],
    [`size(${'['.repeat(100)}1${']'.repeat(100)}) > 0`, 'nested more than'],
    ['pod.a || '.repeat(500), 'longer than'],
    ['pod.l.all(a, pod.l.all(b, pod.l.all(c, pod.l.all(d, pod.l.all(e, true)))))', 'nests more than 4 loops'],
    ['{"a": 1}.a == 1', 'makes a map'],
  ])('%.40s is refused', (text, why) => {
    expect(evaluate(text)).toMatchObject({ problem: expect.stringContaining(why) });
  });

  test.each<readonly [string, unknown]>([
    ['pod.l.all(a, pod.l.all(b, pod.l.all(c, pod.l.all(d, a + b + c + d >= 0))))', { l: many(20) }],
    ['pod.l.all(a, pod.l.all(b, pod.l.all(c, true))) || true', { l: many(60) }],
    ['size(pod.l.map(x, pod.s + pod.s)) > 0', { l: many(5000), s: 'y'.repeat(4000) }],
    ['pod.l.all(x, x in pod.l)', { l: many(5000) }],
    ['pod.l.exists(x, pod.s.matches("(a+)+$"))', { l: many(5000), s: `${'a'.repeat(4000)}b` }],
    ['pod.l.all(x, pod.l == pod.l)', { l: many(5000) }],
  ])('%s runs out of its budget, at once and every time', (text, pod) => {
    const began = process.cpuUsage();
    const first = evaluate(text, pod);
    expect(first).toMatchObject({ ok: false, reason: 'budget' });
    expect(evaluate(text, pod)).toEqual(first);
    const { user } = process.cpuUsage(began);
    expect(user / 1000, 'milliseconds').toBeLessThan(1000);
  });

  test('a field that is not there is an error, never false', () => {
    expect(evaluate('pod.hostPID == false')).toMatchObject({ ok: false, reason: 'cel-error' });
    expect(evaluate('pod')).toMatchObject({ ok: false, reason: 'cel-error' });
  });

  test('evaluations that share a meter run out of it together, others do not', () => {
    const compiled = compileCel('pod.l.all(x, x >= 0)', ['pod']);
    if ('problem' in compiled) throw new Error(compiled.problem);
    const values = { pod: inputOf({ l: many(5000) }) };
    const shared = meter();
    const together = many(30).map(() => compiled.program.evaluate(values, shared).ok);
    expect(together.indexOf(false)).toBeGreaterThan(2);
    expect(together.lastIndexOf(true)).toBeLessThan(together.indexOf(false));
    expect(many(30).every(() => compiled.program.evaluate(values).ok)).toBe(true);
  });

  test('a budget is not shared between evaluations', () => {
    const results = many(30).map(() => evaluate('pod.l.all(x, x >= 0)', { l: many(5000) }));
    expect(new Set(results.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"ok":true,"value":true}']));
  });
});
