import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Pack, type PackTexts, readPack } from '@plumbline/core';

const root = join(import.meta.dirname, '..', 'benchmarks');

/** The texts of benchmarks/ as they lie on disk. */
export function packTexts(): PackTexts {
  const texts = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith('.yaml')) texts.set(relative(root, path), readFileSync(path, 'utf8'));
  }
  return texts;
}

let pack: Pack | undefined;

/** The shipped pack, read once a process. */
export function shippedPack(): Pack {
  pack ??= readPack(packTexts());
  return pack;
}
