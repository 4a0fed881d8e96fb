import { summaryOf } from '@plumbline/core';
import { asking } from '../../../aggregator/src/scans/asking.ts';
import { type Picture, type ScanParts, startScans } from '../../../aggregator/src/scans/scans.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';

/** What a scan finds where nothing is missing. */
export const whole: Picture = {
  result: {
    summary: { ...summaryOf([]), total: 1, pass: 1, score: 1, coverage: 1 },
    documents: [],
    nodes: { total: 1, reporting: 1, notReporting: 0, unsupported: 0 },
    gaps: [],
    gapsTotal: 0,
  },
  message: '',
};

/** Scans on a real store whose agents and clock belong to the test: `wait` ends when `pass` says that so much time went by. */
export async function scanWorld(options: Partial<ScanParts> = {}, file = freshFile()) {
  const store = await openStore(file);
  const asked: string[] = [];
  const failures: unknown[] = [];
  const waiting = new Set<{ readonly until: number; readonly end: () => void }>();
  let now = Date.parse('2026-03-01T00:00:00.000Z');
  const agents = asking({ lookNow: (token) => asked.push(token), expected: () => ['one', 'two'] });
  const scans = startScans({
    table: store.scans,
    clock: () => now,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        const one = { until: now + milliseconds, end: () => waiting.delete(one) && resolve() };
        waiting.add(one);
        signal.addEventListener('abort', one.end, { once: true });
        if (signal.aborted) one.end();
      }),
    agents,
    settle: async () => undefined,
    picture: () => whole,
    within: 60_000,
    version: '0.1.0',
    failed: (error) => failures.push(error),
    ...options,
  });
  const idle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ store, file, scans, agents, asked, failures },
    /** Both nodes, or these, answer what was asked last. */
    answer(nodes: readonly string[] = ['one', 'two']) {
      for (const node of nodes) agents.answered(node, asked.at(-1) ?? '');
    },
    /** Lets so many seconds go by, a glance at a time. */
    async pass(seconds: number) {
      await idle();
      for (const end = now + seconds * 1000; now < end; ) {
        now = Math.min(end, ...[...waiting].map(({ until }) => until).filter((until) => until > now));
        for (const one of waiting) if (one.until <= now) one.end();
        await idle();
      }
    },
    async close() {
      await scans.stop();
      store.close();
    },
  };
}
