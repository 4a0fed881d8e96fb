import { stateDigest } from '@plumbline/proto';
import type { NodeVerdicts } from './node-verdicts.ts';

/** How long verdicts of one node may be copied to nodes that are alike. */
const copyForMs = 60_000;
const copies = 256;

/** Verdicts of nodes that are alike: same state, versions, labels and documents. */
export interface SharedVerdicts {
  /** The verdicts under this key, computed when nobody like it was judged within the last minute. */
  of(key: string, now: number, judge: () => NodeVerdicts): NodeVerdicts;
}

/** A small memory of what was judged just now. */
export function sharedVerdicts(): SharedVerdicts {
  const known = new Map<string, { readonly verdicts: NodeVerdicts; readonly until: number }>();
  return {
    of(key, now, judge) {
      const before = known.get(key);
      if (before && before.until > now) return before.verdicts;
      const verdicts = judge();
      if (known.size >= copies) known.clear();
      known.set(key, { verdicts, until: Math.min(now + copyForMs, expiryOf(verdicts)) });
      return verdicts;
    },
  };
}

/** A verdict that expires is judged again when it does, not copied. */
function expiryOf(verdicts: NodeVerdicts): number {
  const times = verdicts.findings.flatMap(({ finding }) =>
    finding.validUntil === undefined ? [] : [Date.parse(finding.validUntil)],
  );
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** What makes two nodes alike: contents of all facts, and everything else that verdicts depend on. */
export function alikeKey(contents: ReadonlyMap<string, string>, rest: readonly unknown[]): string {
  return `${stateDigest(contents)} ${JSON.stringify(rest)}`;
}
