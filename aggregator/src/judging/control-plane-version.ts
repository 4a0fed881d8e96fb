import type { VersionSource } from '@plumbline/core';
import type { Store } from '../store/store.ts';
import { versionByManifests } from './manifest-version.ts';

/** The version of the API server and who says it: the cluster, else the options, else the manifests of its nodes. */
export interface ControlPlaneVersions {
  /** `v1.34.4`, undefined while nobody says it. */
  current(): string | undefined;
  source(): VersionSource | undefined;
  /** Takes what the cluster tells and remembers it across restarts; false when that is no news. */
  told(version: string): boolean;
}

/** Without a cluster, what one once told says nothing about what is audited now. */
export function controlPlaneVersions(
  store: Store,
  options: { readonly kubernetesVersion?: string },
  hasCluster: boolean,
): ControlPlaneVersions {
  let told = hasCluster ? store.controlPlaneVersion() : undefined;
  const byManifests = () => versionByManifests(store.nodes.all());
  return {
    current: () => told ?? options.kubernetesVersion ?? byManifests(),
    source() {
      if (told !== undefined) return 'cluster';
      if (options.kubernetesVersion !== undefined) return 'given';
      return byManifests() === undefined ? undefined : 'manifest';
    },
    told(version) {
      if (version === told) return false;
      told = version;
      store.rememberControlPlaneVersion(version);
      return true;
    },
  };
}
