import type { Platform, RunsAs } from '@plumbline/core';
import { baseName, type Host } from '../host/index.ts';
import type { Candidate } from './candidates.ts';
import { isStaticUid, type PodLog } from './pod-logs.ts';
import { readProcess, readStatus } from './process-files.ts';
import { containerFor, type ManifestFile, type Manifests } from './static-pods.ts';

/** Root on this node vouches for the process, or it does not and why. */
export type Vouched =
  | { readonly ok: true; readonly runsAs: RunsAs; readonly manifest?: ManifestFile }
  | { readonly ok: false; readonly why: string };

/** What vouching looks at beside the candidate itself. `startsIt`: does a system unit start one of these programs? */
export interface Ground {
  readonly host: Host;
  readonly platform: Platform;
  readonly manifests: Manifests;
  /** undefined when the kubelet's log directory cannot be read. */
  readonly pods: ReadonlyMap<string, PodLog> | undefined;
  readonly startsIt: (unit: string, names: readonly string[]) => Promise<boolean>;
  /** The unit name for a service that runs in no recognisable unit; undefined where no unit file exists. */
  readonly ownUnit: (component: string) => Promise<string | undefined>;
}

function no(why: string): Vouched {
  return { ok: false, why };
}

/** Is the candidate the component? Decided by what nobody but root can forge: cgroup, uids, parents and root's own files. */
export async function vouch(candidate: Candidate, ground: Ground): Promise<Vouched> {
  const { cgroup } = candidate;
  if (cgroup.kind === 'pod') return vouchPod(candidate, cgroup.uid, ground);
  if (cgroup.kind === 'container') return no(`container cgroup ${cgroup.path}`);
  if (cgroup.kind === 'user') return no(`user session ${cgroup.path}`);
  if (candidate.status.pids.length > 1) return no('runs in a PID namespace of its own');
  const place = ground.platform.components[candidate.component];
  if (!place?.runsAs.includes('service')) return no('is no service on this platform');
  return cgroup.kind === 'unit' ? vouchUnit(candidate, cgroup.unit, ground) : vouchBare(candidate, ground);
}

function vouchPod(candidate: Candidate, uid: string, ground: Ground): Vouched {
  const place = ground.platform.components[candidate.component];
  const log = ground.pods?.get(uid) ?? ground.pods?.get(uid.replaceAll('-', ''));
  const pod = log ? `${log.namespace}/${log.name}` : `of UID ${uid}`;
  if (place?.runsAs.includes('static-pod')) {
    const manifest = manifestFor(candidate, uid, log, ground);
    if (manifest) return { ok: true, runsAs: { kind: 'static-pod', name: manifest.path }, manifest };
    if (log && isStaticUid(uid))
      return { ok: true, runsAs: { kind: 'static-pod', name: `${log.namespace}/${log.name}` } };
  }
  const prefix = place?.runsAs.includes('pod') ? place.pods?.find((one) => log && belongs(log, one)) : undefined;
  if (prefix) return { ok: true, runsAs: { kind: 'pod', name: prefix } };
  return no(`container cgroup of pod ${pod}`);
}

function belongs(log: PodLog, prefix: string): boolean {
  const [namespace, name = ''] = prefix.split('/');
  return log.namespace === namespace && (log.name === name || log.name.startsWith(`${name}-`));
}

/** Static pods are named after their manifest and the node; the longest name wins, then the one that agrees on the command. */
function manifestFor(
  candidate: Candidate,
  uid: string,
  log: PodLog | undefined,
  ground: Ground,
): ManifestFile | undefined {
  const names = ground.platform.components[candidate.component]?.names ?? [];
  const agrees = (file: ManifestFile) =>
    !('state' in file.pod) && containerFor(file.pod, names)?.argv.join('\0') === candidate.argv.join('\0');
  const fits = ground.manifests.files.filter(({ pod }) => {
    if ('state' in pod || !containerFor(pod, names)) return false;
    if (pod.uid !== undefined ? pod.uid.toLowerCase() !== uid : !isStaticUid(uid)) return false;
    return !log || (log.namespace === pod.namespace && log.name.startsWith(`${pod.name}-`));
  });
  const length = (file: ManifestFile) => ('state' in file.pod ? 0 : file.pod.name.length);
  const sorted = [...fits].sort((a, b) => length(b) - length(a) || Number(agrees(b)) - Number(agrees(a)));
  // Without the kubelet's log directory nothing but the command line ties the pod to one of several manifests.
  return log ? sorted[0] : (sorted.find(agrees) ?? (sorted.length === 1 ? sorted[0] : undefined));
}

async function vouchUnit(candidate: Candidate, unit: string, ground: Ground): Promise<Vouched> {
  const place = ground.platform.components[candidate.component];
  if (place?.units?.includes(unit)) return { ok: true, runsAs: { kind: 'service', name: unit } };
  if (await ground.startsIt(unit, place?.names ?? [])) return { ok: true, runsAs: { kind: 'service', name: unit } };
  return no(`unit ${unit} does not start it`);
}

/** No unit and no container: a machine without systemd. uid, login session, program and every parent must be root's. */
async function vouchBare(candidate: Candidate, ground: Ground): Promise<Vouched> {
  const { host, platform } = ground;
  const place = platform.components[candidate.component];
  const allowed = new Set((place?.uids ?? ['0']).map(Number));
  const stranger = candidate.status.uids.find((uid) => !allowed.has(uid));
  if (stranger !== undefined) return no(`uid ${stranger}`);
  const login = Number((await readProcess(host, candidate.pid, 'loginuid')) ?? unset);
  // A set-user-ID program that a user started under this name runs as root, but keeps the user's login.
  if (login !== unset && login !== 0) return no(`login session of uid ${login}`);
  const exe = await host.link(`/proc/${candidate.pid}/exe`);
  const program = exe.state === 'observed' ? baseName(exe.value.replace(/ \(deleted\)$/, '')) : undefined;
  if (program !== undefined && !place?.names.includes(program)) return no(`its program is ${program}`);
  const parent = await strangeParent(host, candidate.status.parent);
  if (parent) return no(parent);
  const unit = await ground.ownUnit(candidate.component);
  return { ok: true, runsAs: { kind: 'service', name: unit ?? 'host' } };
}

const unset = 0xffffffff;
const shim = /^(containerd-shim|conmon|docker-containe|runc|crun)/;

/** Why the parents up to process 1 do not speak for root; undefined when they do. */
async function strangeParent(host: Host, first: number): Promise<string | undefined> {
  let pid = first;
  for (let depth = 0; depth < 64 && pid > 1; depth++) {
    const status = await readStatus(host, pid);
    if (!status) return `its parent ${pid} is gone`;
    if (shim.test(status.name)) return `container of ${status.name} ${pid}`;
    const stranger = status.uids.find((uid) => uid !== 0);
    if (stranger !== undefined) return `started by process ${pid} of uid ${stranger}`;
    pid = status.parent;
  }
  return pid === 1 ? undefined : 'its parents do not lead to process 1';
}
