import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type JsonObject, PackError, PlumblineError, type Problem } from '@plumbline/core';
import { readManifestText } from './manifest-text.ts';

/** What lies in a file or in a directory with all below it. */
export interface Manifests {
  readonly objects: readonly JsonObject[];
  /** Files that were read. */
  readonly files: number;
}

const mostFiles = 20_000;
const mebibyte = 1024 * 1024;
const largestFile = 64 * mebibyte;
const largestAll = 512 * mebibyte;

/**
 * Reads every .yaml, .yml and .json. Throws PackError with every mistake (PLB_MANIFEST_SYNTAX): nothing of what is half wrong is judged.
 * Throws PLB_CONFIG_INVALID where there is nothing to read.
 */
export function readManifests(path: string): Manifests {
  const files = filesOf(path);
  const problems: Problem[] = [];
  const objects: JsonObject[] = [];
  let total = 0;
  for (const file of files) {
    const shown = file === path ? path : relative(path, file);
    const size = statSync(file).size;
    total += size;
    if (size > largestFile || total > largestAll) {
      const limit = size > largestFile ? largestFile : largestAll;
      problems.push({
        code: 'PLB_MANIFEST_SYNTAX',
        file: shown,
        line: 1,
        message: `more than ${limit / mebibyte} MiB`,
      });
      break;
    }
    for (const one of readManifestText(shown, readFileSync(file, 'utf8'), problems)) objects.push(one.object);
  }
  if (problems.length > 0) throw new PackError(problems);
  return { objects, files: files.length };
}

function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile() && /\.(ya?ml|json)$/.test(one.name))
      .map((one) => join(one.parentPath, one.name))
      .sort();
    if (found.length > 0 && found.length <= mostFiles) return found;
    throw invalid(path, found.length === 0 ? 'holds no .yaml, .yml or .json' : `holds more than ${mostFiles} files`);
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw invalid(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, error);
  }
}

function invalid(path: string, why: string, cause?: unknown): PlumblineError {
  return new PlumblineError(
    'PLB_CONFIG_INVALID',
    `${path} ${why}; give --manifests a directory of manifests or a file.`,
    {
      cause,
    },
  );
}
