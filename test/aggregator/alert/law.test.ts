import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlertMessage } from '../../../aggregator/src/alert/message.ts';
import { everyRule, type Told, telling } from './told.ts';

const nodes = ['one', 'two', 'three'];
const good = '0600';

type Act =
  | {
      readonly act: 'show';
      readonly node: string;
      readonly mode: string;
      readonly upgraded: boolean;
      readonly deaf: boolean;
    }
  | { readonly act: 'pass'; readonly seconds: number }
  | { readonly act: 'restart' };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('show' as const),
      node: fc.constantFrom(...nodes),
      mode: fc.constantFrom(good, good, '0644', '0666'),
      upgraded: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
      deaf: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('pass' as const),
      seconds: fc.constantFrom(0.1, 0.3, 0.5, 5, 20, 61, 250, 1000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'restart' } as const) },
);

/** What should be told, kept apart from what is tested: a node turned bad by itself and has not been good since. */
class Expected {
  readonly bad = new Set<string>();
  private readonly last = new Map<string, string>();
  private readonly versions = new Map<string, number>();
  turns = 0;

  shows(node: string, mode: string, upgraded: boolean): string {
    const before = this.last.get(node);
    if (mode === good) this.bad.delete(node);
    else if (before === good && !upgraded) {
      this.bad.add(node);
      this.turns++;
    }
    this.last.set(node, mode);
    const version = (this.versions.get(node) ?? 0) + Number(upgraded);
    this.versions.set(node, version);
    return `1.${version}.0`;
  }

  modeOf(node: string): string {
    return this.last.get(node) ?? good;
  }
}

/** Messages of one alert follow each other: it fires, perhaps again, and ends once at most. */
function expectOrder(messages: readonly AlertMessage[]): void {
  const byAlert = Map.groupBy(messages, (one) => one.alert);
  for (const all of byAlert.values()) {
    expect(all.map((one) => one.revision)).toEqual(all.map((_, index) => index + 1));
    expect(all.slice(0, -1).every((one) => one.status === 'firing')).toBe(true);
    expect(all[0]?.status).toBe('firing');
    expect(new Set(all.map((one) => JSON.stringify(one.labels))).size).toBe(1);
  }
}

async function run(told: Told, acts: readonly Act[]): Promise<Expected> {
  const expected = new Expected();
  for (const node of nodes) await told.shows(node, { mode: good }, expected.shows(node, good, false));
  await told.pass(1);
  for (const one of acts) {
    if (one.act === 'pass') await told.pass(one.seconds);
    else if (one.act === 'restart') await told.restart();
    else {
      // A process that dies between the change and what follows from it.
      if (one.deaf) told.engine.stop();
      await told.shows(one.node, { mode: one.mode }, expected.shows(one.node, one.mode, one.upgraded));
      if (one.deaf) await told.restart();
    }
  }
  return expected;
}

/** Agents report on, unchanged, until everything is quiet. */
async function quiet(told: Told, expected: Expected): Promise<void> {
  for (let round = 0; round < 30; round++) {
    for (const node of nodes) {
      await told.shows(node, { mode: expected.modeOf(node) }, expected.shows(node, expected.modeOf(node), false));
    }
    await told.pass(120);
  }
}

test('whatever changes, dies and comes back: each change is told once, and the last message is true', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
      const told = await telling({ rules: everyRule.filter((rule) => rule.on === 'regress') });
      try {
        const expected = await run(told, acts);
        await quiet(told, expected);
        expectOrder(told.messages);
        const last = new Map(told.messages.map((one) => [one.alert, one]));
        const firing = [...last.values()].filter((one) => one.status === 'firing');
        expect(firing.flatMap((one) => one.nodes).sort()).toEqual([...expected.bad].sort());
        const begun = told.messages.filter((one) => one.revision === 1).length;
        expect(begun).toBeLessThanOrEqual(expected.turns);
        const open = told.store.alerts.table.allUnresolved();
        expect(open.map((one) => one.key).sort()).toEqual(firing.map((one) => one.alert).sort());
        for (const one of open) expect(told.store.alerts.table.openOfAlert(one.id)).toHaveLength(one.open);
      } finally {
        told.end();
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);

test('flips that leave no calm as long as the hold are two messages at most, the last one true', async () => {
  const gaps = fc.array(fc.constantFrom(1, 7, 20, 45, 59), { minLength: 9, maxLength: 19 });
  await fc.assert(
    fc.asyncProperty(gaps, async (all) => {
      const told = await telling({ rules: everyRule.filter((rule) => rule.on === 'regress') });
      try {
        await told.shows('one', { mode: good });
        await told.pass(1);
        let mode = good;
        for (const gap of all) {
          mode = mode === good ? '0644' : good;
          await told.shows('one', { mode });
          await told.pass(gap);
        }
        await told.pass(3600);
        expect(told.messages.map((one) => one.status)).toEqual(mode === good ? ['firing', 'resolved'] : ['firing']);
      } finally {
        told.end();
      }
    }),
    { numRuns: 5 },
  );
}, 60_000);
