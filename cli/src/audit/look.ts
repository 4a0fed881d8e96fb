import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureHost, type Host, observeNode, realHost, recordedVersions } from '@plumbline/agent';
import { type Observation, type Pack, PlumblineError, type Versions } from '@plumbline/core';

/** A node that can be looked at. `versions`: what a recording says about itself, empty for a real node. */
export interface Place {
  readonly host: Host;
  readonly versions: Versions;
}

/** How to look. */
export interface LookOptions {
  readonly pack: Pack;
  readonly versions: Versions;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}

/** Looks once at a node. */
export function look(host: Host, { pack, versions, clock, signal }: LookOptions): Promise<readonly Observation[]> {
  return observeNode({ host, pack, versions, clock: () => clock().toISOString(), signal });
}

/** The node whose root is mounted there. Throws PLB_HOST_ROOT for a root that is none. */
export function realPlace(root: string): Place {
  const why = notDirectory(root);
  if (why !== undefined) {
    throw new PlumblineError('PLB_HOST_ROOT', `The host root ${root} ${why}; mount the node there.`);
  }
  if ([join(root, 'proc'), join(root, 'etc')].every((path) => notDirectory(path) !== undefined)) {
    throw new PlumblineError('PLB_HOST_ROOT', `${root} is not the root of a node: it holds neither proc nor etc.`);
  }
  return { host: realHost(root), versions: {} };
}

/** What keeps a path from being a directory that can be looked at; undefined where it is one. */
function notDirectory(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'is not a directory';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : `cannot be looked at (${code})`;
  }
}

/** The node of a fixture file. Throws PLB_CONFIG_INVALID when it cannot be read or is none. */
export function recordedPlace(file: string): Place {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError('PLB_CONFIG_INVALID', `The recorded node ${file} cannot be read (${code}).`, {
      cause: error,
    });
  }
  return placeOf(text, file);
}

/** The node of a fixture's text; `file` only for the message. Throws PLB_CONFIG_INVALID when it is none. */
export function placeOf(text: string, file: string): Place {
  try {
    const versions = recordedVersions(text);
    const source = versions.controlPlane === undefined ? {} : { source: 'recorded' as const };
    return { host: fixtureHost(text), versions: { ...versions, ...source } };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} is no recorded node (${why}).`, { cause: error });
  }
}
