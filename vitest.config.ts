import { defineConfig } from 'vitest/config';

/** A branch that no case reaches is deleted, or it gets a case. */
const all = { lines: 100, statements: 100, functions: 100, branches: 100 };

export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['core/src/**'],
      reporter: ['text-summary', 'json-summary'],
      // Of the unit tests as a whole, which `npm test` measures; a part of them reaches less.
      thresholds: { 'core/src/*.ts': all, 'core/src/{check,compare,drift,pack,settings}/**/*.ts': all },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{cases,core,proto,agent,aggregator,cli}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'repository', include: ['test/repository/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: { name: 'integration', include: ['test/{integration,pod-security}/**/*.test.ts'], testTimeout: 120_000 },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 600_000, fileParallelism: false } },
    ],
  },
});
