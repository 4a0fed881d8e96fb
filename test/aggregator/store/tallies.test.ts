import type { Finding, Status } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile, start } from '../world.ts';

const statuses: readonly Status[] = ['pass', 'fail', 'warn', 'error', 'not-applicable'];
const found = (number: string, status: Status, title = number) => {
  const place = { benchmark: 'b/1', number, control: `c-${number}`, title, severity: 'low' as const, subject: 's' };
  const words = { level: '1' as const, by: 'manual' as const, reason: status, message: status, evidence: [] };
  return { match: 'exact' as const, finding: { ...place, ...words, status, remedy: 'none' } satisfies Finding };
};

test('property: counts that are kept in step with changes are those that are counted anew', async () => {
  const verdict = fc.record({
    number: fc.constantFrom('1.1', '1.2', '2.1'),
    status: fc.constantFrom(...statuses),
    // A line that is worded otherwise is another line.
    title: fc.constantFrom('one', 'other'),
  });
  const step = fc.record({
    node: fc.constantFrom('n1', 'n2', 'n3'),
    verdicts: fc.uniqueArray(verdict, { selector: ({ number }) => number }),
    drop: fc.integer({ max: 9, min: 0 }).map((one) => one === 0),
    asked: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const file = freshFile();
      const store = await openStore(file);
      for (const node of ['n1', 'n2', 'n3']) store.nodes.ensure(node, start);
      for (const [index, { node, verdicts, drop, asked }] of steps.entries()) {
        const findings = verdicts.map(({ number, status, title }) => found(number, status, title));
        store.judge(node, findings, start + index);
        if (drop) store.dropVerdicts();
        if (asked) store.queries.tally();
      }
      const told = (counts: ReturnType<typeof store.queries.tally>) =>
        counts.map(({ line, status, count }) => `${line.number} ${line.title} ${status} ${count}`).sort();
      const kept = told(store.queries.tally());
      store.close();
      const anew = await openStore(file);
      expect(kept).toEqual(told(anew.queries.tally()));
      anew.close();
    }),
    { numRuns: 8 },
  );
});
