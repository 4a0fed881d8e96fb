import { createHash } from 'node:crypto';
import type { Json, Observation } from '@plumbline/core';

/** JSON with sorted keys, so that equal values have equal texts. */
export function canonical(value: Json | undefined): string {
  if (value === null || value === undefined || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value as { readonly [key: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** What makes two observations the same: state, value and detail, not the time. SHA-256, first 16 bytes in hex. */
export function contentDigest(observation: Observation): string {
  const text = `${observation.state}\0${observation.detail ?? ''}\0${observation.state === 'observed' ? canonical(observation.value) : ''}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Digest of a whole state: (fact, subject) → content digest. Order does not matter. */
export function stateDigest(contents: Iterable<readonly [key: string, content: string]>): string {
  const lines = [...contents].map(([key, content]) => `${key}\0${content}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The key of an observation inside a state. */
export function keyOf(observation: { readonly fact: string; readonly subject: string }): string {
  return `${observation.fact}\0${observation.subject}`;
}
