import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureHost, type Host, observeNode, realHost } from '@plumbline/agent';
import { type Observation, type Pack, PlumblineError, type Versions } from '@plumbline/core';

/** Where to look. `fixture` is a file of a recorded node and wins over `hostRoot`. */
export interface LookOptions {
  readonly pack: Pack;
  readonly versions: Versions;
  readonly clock: () => Date;
  readonly fixture?: string;
  readonly hostRoot: string;
  readonly signal: AbortSignal;
}

/** Looks once at a node. Throws PLB_HOST_ROOT for a root that is none, PLB_CONFIG_INVALID for an unreadable fixture. */
export function look(options: LookOptions): Promise<readonly Observation[]> {
  const { pack, versions, clock, fixture, hostRoot, signal } = options;
  const host = fixture === undefined ? realHost(checkedRoot(hostRoot)) : recordedHost(fixture);
  return observeNode({ host, pack, versions, clock: () => clock().toISOString(), signal });
}

/** The root itself when a node can be seen there. */
export function checkedRoot(root: string): string {
  if (!isDirectory(root))
    throw new PlumblineError('PLB_HOST_ROOT', `The host root ${root} is not a directory; mount the node there.`);
  if (!isDirectory(join(root, 'proc')) && !isDirectory(join(root, 'etc'))) {
    throw new PlumblineError('PLB_HOST_ROOT', `${root} is not the root of a node: it holds neither proc nor etc.`);
  }
  return root;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The node of a fixture file. Throws PLB_CONFIG_INVALID when it cannot be read or is none. */
export function recordedHost(file: string): Host {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError('PLB_CONFIG_INVALID', `The recorded node ${file} cannot be read (${code}).`, {
      cause: error,
    });
  }
  try {
    return fixtureHost(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} is no recorded node (${why}).`, { cause: error });
  }
}
