import type { Pack } from '@plumbline/core';
import type { Host } from '../host/index.ts';
import type { VigilOptions } from './vigil.ts';

/** How changes of a node are noticed between looks. */
export type Watching = Pick<VigilOptions, 'watch' | 'names' | 'mostWatched'>;

/** Watching of a host for the components that a pack knows; undefined where nothing ever changes. */
export function watching({ watch }: Host, pack: Pack): Watching | undefined {
  const names = pack.platforms.flatMap(({ components }) => Object.values(components).flatMap((one) => one.names));
  return watch && { watch, names };
}
