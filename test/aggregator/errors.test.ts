import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

test('docs/errors.md lists exactly the codes of core/src/errors.ts, in their order', () => {
  const codes = [...read('core/src/errors.ts').matchAll(/\| '(PLB_[A-Z_]+)'/g)].map((found) => found[1]);
  const documented = [...read('docs/errors.md').matchAll(/^\| (PLB_[A-Z_]+) \| \S.* \| \S.* \|$/gm)].map(
    (found) => found[1],
  );
  expect(codes.length).toBeGreaterThan(20);
  expect(documented).toEqual(codes);
});
