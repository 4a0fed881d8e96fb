import { clusterEntries, type Pack } from '@plumbline/core';

/** An entry of a document that nobody can judge. */
export interface Unchecked {
  readonly benchmark: string;
  readonly number: string;
  readonly control: string;
}

/** Entries whose control has no check, or names a survey that nobody wrote: each would be `error: no-check`. */
export function unchecked(pack: Pack): readonly Unchecked[] {
  return pack.benchmarks.flatMap((document) => {
    const ofCluster = clusterEntries(pack, { document, match: 'requested' });
    const blind = new Set(ofCluster.filter((one) => one.survey === undefined).map(({ entry }) => entry.number));
    return document.controls
      .filter(({ number, control }) => blind.has(number) || !pack.controls.get(control)?.check)
      .map(({ number, control }) => ({ benchmark: document.benchmark, number, control }));
  });
}
