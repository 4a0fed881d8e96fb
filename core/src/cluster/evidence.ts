import type { Evidence } from '../check/truth.ts';
import type { Json } from '../json.ts';
import { subjectOf } from './subject.ts';

/** Where a field of an object stands: kind, namespace ('' for none), name, and the field as a dotted path. */
export interface Field {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** Evidence from a field of an object of the API. `holds` is whether it is as expected, null when that cannot be known. */
export function fieldEvidence(field: Field, actual: Json, expected: string, holds: boolean | null): Evidence {
  const subject = subjectOf(field.kind, field.namespace, field.name);
  return {
    fact: `object ${field.kind}`,
    subject,
    actual,
    expected,
    origin: { kind: 'object', path: subject, key: field.key },
    holds,
  };
}

/** Lines that are shown of one verdict; what is more is counted in a last line. */
export const mostLines = 50;

/** At most {@link mostLines} lines, what is not as expected first; a last line says how many more there are. */
export function limited(lines: readonly Evidence[]): readonly Evidence[] {
  if (lines.length <= mostLines) return lines;
  const sorted = [...lines].sort((a, b) => rank(a) - rank(b));
  const [first] = sorted;
  const more = lines.length - mostLines;
  const rest = sorted.slice(mostLines);
  const holds = rest.some((one) => one.holds === false) ? false : (rest[0]?.holds ?? null);
  const last = first
    ? [{ ...first, subject: 'others', actual: `${more} more`, origin: { kind: 'derived' as const }, holds }]
    : [];
  return [...sorted.slice(0, mostLines), ...last];
}

function rank({ holds }: Evidence): number {
  return holds === false ? 0 : holds === null ? 1 : 2;
}
