import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Pack, type PackTexts, readPack } from '@plumbline/core';

/** Set by the bundler: path below benchmarks/ → text. Absent when running from source. */
declare const PLUMBLINE_PACK_TEXTS: Readonly<Record<string, string>> | undefined;

/** The YAML texts of a directory laid out like benchmarks/, by path with `/`. Throws what the file system throws. */
export function readPackTexts(directory: string): PackTexts {
  const texts = new Map<string, string>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.yaml')) continue;
    const path = join(entry.parentPath, entry.name);
    texts.set(relative(directory, path).split(sep).join('/'), readFileSync(path, 'utf8'));
  }
  return texts;
}

/** The texts that a bundle carries, else those of benchmarks/ in this repository. */
export function bundledPackTexts(): PackTexts {
  if (typeof PLUMBLINE_PACK_TEXTS !== 'undefined') return new Map(Object.entries(PLUMBLINE_PACK_TEXTS));
  return readPackTexts(join(import.meta.dirname, '..', '..', 'benchmarks'));
}

/**
 * The one loader of the pack for agent, aggregator and cli. `directory` wins over the environment variable
 * PLUMBLINE_BENCHMARKS, which wins over the bundled texts. Throws PackError when the pack is broken.
 */
export function loadPack(directory: string | undefined = process.env['PLUMBLINE_BENCHMARKS']): Pack {
  return readPack(directory ? readPackTexts(directory) : bundledPackTexts());
}
