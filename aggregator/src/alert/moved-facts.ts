import { createHash } from 'node:crypto';
import type { Json } from '@plumbline/core';
import type { DriftEntry, FactState } from '../store/journal.ts';
import { type AlertValue, mostValues } from './message.ts';
import { bounded } from './moved-values.ts';

const deepest = 6;

/** What differs between two states of a fact, field by field. */
export function movedFields({ fact, subject, before, after }: DriftEntry): readonly AlertValue[] {
  const found: AlertValue[] = [];
  const add = (key: string, from: Json | null, to: Json | null) => {
    if (found.length < mostValues) {
      found.push({ fact, subject, key: key || null, from: shown(from), to: shown(to), origin: null });
    }
  };
  compare('', shownState(before), shownState(after), add);
  return found;
}

type Add = (key: string, from: Json | null, to: Json | null) => void;

function compare(key: string, from: Json | null, to: Json | null, add: Add, depth = 0): void {
  if (JSON.stringify(from) === JSON.stringify(to)) return;
  if (!isObject(from) || !isObject(to) || depth >= deepest) {
    add(key, from, to);
    return;
  }
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    compare(key === '' ? name : `${key}.${name}`, from[name] ?? null, to[name] ?? null, add, depth + 1);
  }
}

/** What was observed, or why nothing was. */
function shownState(state: FactState | null): Json | null {
  if (!state) return null;
  if (state.state === 'observed') return state.value;
  return state.detail === null ? state.state : `${state.state}: ${state.detail}`;
}

function shown(value: Json | null): Json | null {
  return value === null ? null : bounded(value);
}

function isObject(value: Json | null): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What tells a state from another. */
export function stateDigest(state: FactState | null): string {
  return createHash('sha256')
    .update(JSON.stringify(shownState(state)))
    .digest('hex')
    .slice(0, 32);
}
