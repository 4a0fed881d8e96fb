import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PlumblineError } from '@plumbline/core';

/**
 * The current kubeconfig as kubectl finds it: the first file of KUBECONFIG, else ~/.kube/config; undefined when there is none. Throws
 * PLB_CONFIG_INVALID when KUBECONFIG names only files that do not exist: that is a mistake, not the absence of a cluster.
 */
export function currentKubeconfig(environment: NodeJS.ProcessEnv, home = homedir()): string | undefined {
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  if (named.length === 0) {
    const usual = join(home, '.kube', 'config');
    return existsSync(usual) ? usual : undefined;
  }
  const found = named.find((file) => existsSync(file));
  if (found === undefined) {
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      `KUBECONFIG names ${named.join(', ')}, which does not exist; unset it or mend it.`,
    );
  }
  return found;
}
