import type { Host } from '../host/index.ts';

/** A pod that the kubelet of this node runs, by its log directory, which only root can make. */
export interface PodLog {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const directory = '/var/log/pods';

/** Pods by UID; undefined when the directory cannot be read. Source: pkg/kubelet/kuberuntime BuildPodLogsDirectory. */
export async function readPodLogs(host: Host): Promise<ReadonlyMap<string, PodLog> | undefined> {
  const listing = await host.list(directory);
  if (listing.state !== 'observed') return undefined;
  const logs = new Map<string, PodLog>();
  for (const entry of listing.value.entries) {
    const [namespace, name, uid, more] = entry.name.split('_');
    if (namespace && name && uid && more === undefined) logs.set(uid.toLowerCase(), { namespace, name, uid });
  }
  return logs;
}

/** Pods from files get a hash of their configuration as UID, which nobody can give a pod through the API. */
export function isStaticUid(uid: string): boolean {
  return /^[0-9a-f]{32}$/.test(uid);
}
