import type { KeyChange } from '@plumbline/core';
import { isObject } from '../server/place.ts';

/** A change as `GET drift` and `GET events` tell it. */
export interface ServedChange {
  readonly kind: 'drift' | 'verdict' | 'presence';
  readonly at: string;
  readonly cause: string;
  readonly nodes: readonly string[];
  readonly nodesTotal: number;
  readonly fact: string | null;
  readonly subject: string | null;
  readonly number: string | null;
  readonly title: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly changes: readonly (Omit<KeyChange, 'origin'> & { readonly origin: { readonly text: string } })[];
  readonly changesTotal: number;
  readonly verdicts: readonly {
    readonly number: string;
    readonly title: string;
    readonly before: string | null;
    readonly after: string;
  }[];
}

/** True for what has the fields that are read first; the rest is the word of the aggregator that was named. */
export function isChange(value: unknown): value is ServedChange {
  return isObject(value) && Array.isArray(value['changes']) && Array.isArray(value['nodes']) && 'kind' in value;
}
