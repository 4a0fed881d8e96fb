import type { FileSource } from '@plumbline/core';
import { baseName, defaultMaxEntries, type Host, isWithin, type Missing, tidy } from '../host/index.ts';
import { readPem } from './pem.ts';
import type { Survey } from './survey.ts';

/** Paths found; `truncated`: there are more than are looked at. */
export interface Found {
  readonly paths: readonly string[];
  readonly truncated: boolean;
}

const maxDepth = 16;

/** A path whose last step may hold `*`. */
export async function globbed(host: Host, path: string): Promise<Found | Missing> {
  const full = tidy(path);
  const last = baseName(full);
  if (!last.includes('*')) return { paths: [full], truncated: false };
  const directory = full.slice(0, -last.length);
  const listing = await host.list(directory);
  if (listing.state !== 'observed') return listing.state === 'absent' ? { paths: [], truncated: false } : listing;
  const pattern = new RegExp(
    `^${last
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  const names = listing.value.entries
    .map((entry) => entry.name)
    .filter((name) => pattern.test(name) && !name.startsWith('.'));
  return { paths: names.sort().map((name) => tidy(directory, name)), truncated: listing.value.truncated };
}

interface Walk {
  readonly paths: string[];
  /** Where the directories that were entered really lie: links may lead to one twice, or in circles. */
  readonly entered: Set<string>;
  left: number;
  truncated: boolean;
}

/**
 * Regular files below a directory that pass the source's filters, with `directories` the directories too. Links to folders are entered,
 * but not those that lead above the directory, which would be a walk of everything: there it counts as truncated.
 */
export async function below(survey: Survey, directory: string, source: FileSource): Promise<Found | Missing> {
  const walk: Walk = { paths: [], entered: new Set(), left: defaultMaxEntries, truncated: false };
  const problem = await descend(survey, directory, source, walk, 0);
  return problem ?? { paths: walk.paths, truncated: walk.truncated };
}

async function descend(
  survey: Survey,
  directory: string,
  source: FileSource,
  walk: Walk,
  depth: number,
): Promise<Missing | undefined> {
  const real = await survey.host.stat(directory);
  if (real.state !== 'observed') return real;
  const [top] = walk.entered;
  if (walk.entered.has(real.value.path)) return undefined;
  if (top !== undefined && isWithin(real.value.path, top)) {
    walk.truncated = true;
    return undefined;
  }
  walk.entered.add(real.value.path);
  const listing = await survey.host.list(directory, walk.left);
  if (listing.state !== 'observed') return listing;
  if (source.directories) walk.paths.push(directory);
  walk.truncated ||= listing.value.truncated || depth > maxDepth;
  walk.left -= listing.value.entries.length;
  for (const { name, type } of [...listing.value.entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = tidy(directory, name);
    if (type === 'directory' || (type === 'link' && (await leadsToDirectory(survey, path)))) {
      if (depth > maxDepth || walk.left <= 0) walk.truncated = true;
      else {
        const problem = await descend(survey, path, source, walk, depth + 1);
        if (problem && problem.state !== 'absent') return problem;
      }
    } else if (await wanted(survey, path, type, source)) walk.paths.push(path);
  }
  return undefined;
}

async function leadsToDirectory(survey: Survey, path: string): Promise<boolean> {
  const target = await survey.host.stat(path);
  return target.state === 'observed' && target.value.type === 'directory';
}

async function wanted(survey: Survey, path: string, type: string, source: FileSource): Promise<boolean> {
  const name = baseName(path);
  if (source.match !== undefined && !new RegExp(source.match).test(name)) return false;
  if (source.except !== undefined && new RegExp(source.except).test(name)) return false;
  if (type !== 'file' && type !== 'link' && type !== 'other') return false;
  if (type !== 'file') {
    const target = await survey.host.stat(path);
    if (target.state === 'absent' || (target.state === 'observed' && target.value.type !== 'file')) return false;
  }
  if (source.content === undefined || source.content === 'any') return true;
  const pem = await readPem(survey, path);
  // What cannot be read may be either; its state is judged.
  if (pem.state !== 'observed') return true;
  return source.content === 'private-key' ? pem.value.privateKeys > 0 : pem.value.certificates.length > 0;
}
