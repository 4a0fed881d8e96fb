import { PlumblineError } from '@plumbline/core';

/** What a finding is about; the same at every time, so its id is stable. */
export interface FindingPlace {
  readonly node: string | null;
  readonly benchmark: string;
  readonly number: string;
  readonly subject: string;
}

/** The id of a finding: its place, in letters that a URL carries as they are. */
export function findingId({ node, benchmark, number, subject }: FindingPlace): string {
  return Buffer.from(JSON.stringify([node, benchmark, number, subject])).toString('base64url');
}

/** The place that an id stands for. Throws PLB_NOT_FOUND for what is no id. */
export function placeOfId(id: string): FindingPlace {
  const parts = decoded(id);
  if (Array.isArray(parts) && parts.length === 4) {
    const [node, benchmark, number, subject] = parts;
    if (
      (node === null || typeof node === 'string') &&
      typeof benchmark === 'string' &&
      typeof number === 'string' &&
      typeof subject === 'string'
    ) {
      return { node, benchmark, number, subject };
    }
  }
  throw new PlumblineError('PLB_NOT_FOUND', 'There is no finding with this id.');
}

/** Parses what base64url carries; undefined when it is no JSON. */
export function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
