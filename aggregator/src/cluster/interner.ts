import type { Json } from '@plumbline/core';

/** Gives equal values the same identity, so that they are kept once. Values must not be changed afterwards. */
export interface Interner {
  share<T extends Json | undefined>(value: T): T;
}

interface Known {
  readonly id: number;
  readonly value: Json;
}

/** Parts that are remembered; beyond, it begins anew, which costs memory and changes nothing else. */
const usualMost = 50_000;

/** An empty one. Alike containers, volumes and security contexts of many workloads become one. */
export function interner(most = usualMost): Interner {
  const known = new Map<string, Known>();
  let ids = 0;
  return {
    share<T extends Json | undefined>(value: T): T {
      if (known.size > most) known.clear();
      // Equal by construction, so it has the type of what was given.
      return value === undefined ? value : (keep(value).value as T);
    },
  };

  function keep(value: Json): Known {
    if (typeof value === 'string') return remember(`"${value}`, value);
    if (typeof value !== 'object' || value === null) return { id: -1, value };
    if (Array.isArray(value)) {
      const parts = value.map((one: Json) => keep(one));
      return remember(
        `[${parts.map(keyOf).join()}`,
        parts.map((one) => one.value),
      );
    }
    const parts = Object.entries(value).map(([key, one]) => [key, keep(one)] as const);
    return remember(
      `{${parts.map(([key, one]) => `${JSON.stringify(key)}:${keyOf(one)}`).join()}`,
      Object.fromEntries(parts.map(([key, one]) => [key, one.value])),
    );
  }

  function remember(key: string, value: Json): Known {
    const before = known.get(key);
    if (before) return before;
    const fresh = { id: ids++, value };
    known.set(key, fresh);
    return fresh;
  }
}

/** Scalars stand for themselves, everything else for its number. */
function keyOf({ id, value }: Known): string {
  return id < 0 ? String(value) : `#${id}`;
}
