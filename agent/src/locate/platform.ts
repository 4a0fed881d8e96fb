import type { Platform } from '@plumbline/core';
import type { Host } from '../host/index.ts';

/** A platform and the marks that decided; none when the last one is assumed. */
export interface FoundPlatform {
  readonly platform: Platform;
  readonly because: readonly string[];
}

/** The first platform of which a mark exists; else the last, which is the most general. Throws when there are none. */
export async function findPlatform(host: Host, platforms: readonly Platform[]): Promise<FoundPlatform> {
  for (const platform of platforms) {
    const because: string[] = [];
    for (const mark of platform.marks) {
      const found = await host.stat(mark);

      if (found.state === 'observed') because.push(mark);
    }
    if (because.length > 0) return { platform, because };
  }
  const last = platforms.at(-1);
  if (!last) throw new Error('the pack has no platform');
  return { platform: last, because: [] };
}
