import { PlumblineError } from '@plumbline/core';
import type { ScanRecord } from '../store/scans.ts';
import { invalid } from './filters.ts';
import type { ApiParts } from './parts.ts';

/** The scan that a time was given as: `scan:12`, `scan:release` or its name alone; undefined where the text is none of these. Throws PLB_REQUEST_INVALID. */
export function scanGiven(name: string, given: string, { scans }: ApiParts): ScanRecord | undefined {
  const isReference = given.startsWith('scan:');
  if (given === 'now' || !(isReference || /^\p{L}/u.test(given))) return undefined;
  const scan = scans.find(given);
  if (scan) return scan;
  if (isReference) throw invalid(`There is no scan ${given.slice('scan:'.length)}.`);
  throw invalid(`The parameter ${name} is no time in ISO 8601 and no scan: ${given}.`);
}

/** The instant of a scan, in milliseconds. Throws PLB_REQUEST_INVALID where it has none, or nothing of it but its summary is left. */
export function momentOfScan(scan: ScanRecord, parts: ApiParts): number {
  if (scan.state === 'running') throw invalid(`Scan ${scan.id} still runs.`);
  if (scan.at === null) throw invalid(`Scan ${scan.id} failed (${scan.reason}), so it is no instant.`);
  if (isDetailGone(scan, parts))
    throw invalid(`Of scan ${scan.id} only its summary is left: what it counted is older than what is kept.`);
  return scan.at;
}

/** Whether what a scan counted was forgotten with age. */
export function isDetailGone({ at }: ScanRecord, { queries }: ApiParts): boolean {
  return at !== null && at < (queries.firstMoment() ?? Number.POSITIVE_INFINITY);
}

/** A scan by id, name or `latest`. Throws PLB_NOT_FOUND. */
export function scanById(reference: string, { scans }: ApiParts): ScanRecord {
  const scan = scans.find(reference);
  if (!scan) throw new PlumblineError('PLB_NOT_FOUND', `There is no scan ${reference}.`);
  return scan;
}
