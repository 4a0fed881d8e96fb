import { type Check, type Condition, compareNumbers, readPack, sectionOf } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { readCases } from '../cases/read.ts';
import { packTexts } from '../pack.ts';
import { unchecked } from '../unchecked.ts';

const pack = readPack(packTexts());
const tables = readCases();
const hostPath = /\/(etc|var|usr|lib|opt|run|srv|root|home|proc|sys|tmp)\b/;
const classes = ['pass', 'fail', 'absent', 'hostile'];

/** Published totals, in the order of publication: whole document, automated, manual, level 2, sections 1 to 5. */
const published = [
  ['cis/kubernetes-1.5', 122, 87, 35, 13, 65, 7, 3, 23, 24],
  ['cis/kubernetes-1.6', 122, 69, 53, 13, 65, 7, 3, 23, 24],
  ['cis/kubernetes-1.20', 123, 77, 46, 13, 64, 7, 3, 23, 26],
  ['cis/kubernetes-1.23', 125, 74, 51, 13, 62, 7, 3, 23, 30],
  ['cis/kubernetes-1.24', 124, 71, 53, 13, 61, 7, 3, 23, 30],
  ['cis/kubernetes-1.7', 131, 68, 63, 13, 61, 7, 5, 23, 35],
  ['cis/kubernetes-1.8', 130, 63, 67, 13, 60, 7, 5, 23, 35],
  ['cis/kubernetes-1.9', 130, 70, 60, 13, 59, 7, 5, 24, 35],
  ['cis/kubernetes-1.10', 130, 70, 60, 13, 59, 7, 5, 24, 35],
  ['cis/kubernetes-1.11', 133, 64, 69, 16, 60, 7, 5, 26, 35],
  ['cis/kubernetes-1.12', 131, 64, 67, 15, 60, 7, 5, 25, 34],
  ['cis/kubernetes-2.0', 131, 64, 67, 15, 60, 7, 5, 25, 34],
  ['cis/kubernetes-2.1', 134, 65, 69, 15, 60, 7, 5, 26, 36],
];

describe('documents', () => {
  test('hold what was published, in the order of publication', () => {
    const counted = pack.benchmarks.map(({ benchmark, controls }) => [
      benchmark,
      controls.length,
      controls.filter((entry) => entry.by === 'automated').length,
      controls.filter((entry) => entry.by === 'manual').length,
      controls.filter((entry) => entry.level === '2').length,
      ...['1', '2', '3', '4', '5'].map((s) => controls.filter((entry) => sectionOf(entry.number) === s).length),
    ]);
    expect(counted).toEqual(published);
  });

  test.each(pack.benchmarks.map((one) => [one.benchmark, one] as const))('%s counts upwards', (_, document) => {
    const numbers = document.controls.map((entry) => entry.number);
    const broken = numbers.filter(
      (number, index) => index > 0 && compareNumbers(numbers[index - 1] ?? '', number) >= 0,
    );
    expect(broken).toEqual([]);
  });

  test('name no control twice', () => {
    for (const { benchmark, controls } of pack.benchmarks)
      expect(new Set(controls.map((entry) => entry.control)).size, benchmark).toBe(controls.length);
  });

  test('set a parameter only where it differs from the default of the control', () => {
    const idle = pack.benchmarks.flatMap(({ benchmark, controls }) =>
      controls.flatMap(({ number, control, params }) =>
        Object.entries(params ?? {})
          .filter(
            ([name, value]) =>
              JSON.stringify(pack.controls.get(control)?.params[name]?.default) === JSON.stringify(value),
          )
          .map(([name]) => `${benchmark} ${number} ${name}`),
      ),
    );
    expect(idle).toEqual([]);
  });
});

describe('controls', () => {
  test('are used by some document', () => {
    const used = new Set(pack.benchmarks.flatMap(({ controls }) => controls.map((entry) => entry.control)));
    expect([...pack.controls.keys()].filter((slug) => !used.has(slug))).toEqual([]);
  });

  test('of every document have a check: nothing is error: no-check', () => {
    expect(unchecked(pack)).toEqual([]);
  });

  test('with a check have cases of all four classes', () => {
    const lacking = [...pack.controls.values()]
      .filter((control) => control.check)
      .flatMap(({ slug }) =>
        classes
          .filter((name) => !tables.get(slug)?.cases.some((one) => one.class === name))
          .map((name) => `${slug}: ${name}`),
      );
    expect(lacking).toEqual([]);
  });

  test('are what the tables of cases are about', () => {
    expect([...tables.keys()].filter((slug) => !pack.controls.get(slug)?.check)).toEqual([]);
  });

  test('with a letter have a case that reads it', () => {
    const lacking = [...pack.controls.values()].filter(
      ({ slug, letter }) => letter && !tables.get(slug)?.cases.some((one) => one.reading === 'letter'),
    );
    expect(lacking.map(({ slug }) => slug)).toEqual([]);
  });

  test('name no path of a host in a check', () => {
    const paths = [...pack.controls.values()].flatMap((control) =>
      [control.check, control.letter]
        .flatMap((check) => (check ? textsOf(check) : []))
        .filter((text) => hostPath.test(text))
        .map((text) => `${control.slug}: ${text}`),
    );
    expect(paths).toEqual([]);
  });
});

/** Every text of the conditions of a check: operands and names. */
function textsOf(check: Check): readonly string[] {
  const conditions: readonly (Condition | undefined)[] = check.pass
    ? [check.pass]
    : (check.decide ?? []).map((one) => one.when);
  const texts: string[] = [];
  JSON.stringify(conditions, (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}
