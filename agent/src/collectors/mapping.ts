import {
  escapeText,
  isWithin,
  type Missing,
  type Mount,
  missing,
  parseMountinfo,
  recordMountinfo,
  type Seen,
  seen,
  tidy,
} from '../host/index.ts';
import { type Container, containerFor, type Instance, readStart } from '../locate/index.ts';
import { once, type Survey } from './survey.ts';
import { readUnit, unitOf } from './unit.ts';

/** A path of a process on the host. `inside`: it is no file of the host but of the pod (its image or one of its volumes). */
export interface HostPath {
  readonly path: string;
  readonly asSeen: string;
  readonly inside: boolean;
}

const podDirectory = '/var/lib/kubelet/pods';
const mountinfoBytes = 1024 * 1024;

/** Where a path that a process was told lies on the host. A relative one starts at its working directory. */
export async function hostPathOf(survey: Survey, instance: Instance, path: string): Promise<Seen<HostPath>> {
  const asSeen = path.startsWith('/')
    ? tidy(escapeText(path))
    : tidy(await workingDirectory(survey, instance), escapeText(path));
  if (instance.vouched.runsAs.kind === 'service') return seen({ path: asSeen, asSeen, inside: false });
  const mounts = await ownMounts(survey, instance);
  const mount = mounts && longest(mounts, asSeen);
  if (!mount) return throughManifest(survey, instance, asSeen);
  const onHost = await throughHost(survey, mount);
  if (onHost === undefined) return insideOnly(asSeen);
  const full = tidy(onHost, asSeen.slice(mount.point === '/' ? 0 : mount.point.length));
  return seen({ path: full, asSeen, inside: mount.point === '/' || isWithin(podDirectory, full) });
}

function insideOnly(asSeen: string): Missing {
  return missing('unsupported', `${asSeen} lives only inside the container`);
}

function longest(mounts: readonly Mount[], path: string): Mount | undefined {
  const fits = mounts.filter((mount) => isWithin(mount.point, path));
  return fits.reduce<Mount | undefined>(
    (best, one) => (best && best.point.length > one.point.length ? best : one),
    undefined,
  );
}

/** The host's path of what a container mounts: the same device, and the mount whose root leads furthest. */
async function throughHost(survey: Survey, mount: Mount): Promise<string | undefined> {
  const host = (await mountsOf(survey, 1)) ?? [];
  const fits = host.filter((one) => one.device === mount.device && isWithin(one.root, mount.root));
  const best = fits.reduce<Mount | undefined>(
    (kept, one) => (kept && kept.root.length >= one.root.length ? kept : one),
    undefined,
  );
  if (!best) return undefined;
  return tidy(best.point, mount.root.slice(best.root === '/' ? 0 : best.root.length));
}

function mountsOf(survey: Survey, pid: number): Promise<readonly Mount[] | undefined> {
  return once(survey, `mounts ${pid}`, async () => {
    const content = await survey.host.read(`/proc/${pid}/mountinfo`, {
      maxBytes: mountinfoBytes,
      recordAs: recordMountinfo,
    });
    return content.state === 'observed' ? parseMountinfo(content.value.bytes.toString('utf8')) : undefined;
  });
}

/** A pid that was reused since would lend another's mounts, so the start is compared after reading. */
async function ownMounts(survey: Survey, instance: Instance): Promise<readonly Mount[] | undefined> {
  const mounts = await mountsOf(survey, instance.pid);
  const start = await once(survey, `start ${instance.pid}`, () => readStart(survey.host, instance.pid));
  return start === instance.startTime ? mounts : undefined;
}

/** Without the mount table: the hostPath volumes of the manifest. */
function throughManifest(survey: Survey, instance: Instance, asSeen: string): Seen<HostPath> {
  const found = containerOf(survey, instance)
    ?.mounts.filter((one) => isWithin(tidy(one.mountPath), asSeen))
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  if (!found) return insideOnly(asSeen);
  return seen({ path: tidy(found.hostPath, asSeen.slice(tidy(found.mountPath).length)), asSeen, inside: false });
}

/** What the manifest says of an instance's container; undefined when no manifest could be paired. */
export function containerOf(survey: Survey, instance: Instance): Container | undefined {
  const pod = instance.vouched.manifest?.pod;
  if (!pod || 'state' in pod) return undefined;
  return containerFor(pod, survey.platform.components[instance.component]?.names ?? []);
}

/** The working directory: of the live process where it may be read, else as the unit or the manifest sets it. */
export async function workingDirectory(survey: Survey, instance: Instance): Promise<string> {
  const live = await survey.host.link(`/proc/${instance.pid}/cwd`);
  if (live.state === 'observed') return live.value;
  const unit = unitOf(instance);
  const read = unit === undefined ? undefined : await readUnit(survey, unit);
  if (read?.state === 'observed') return read.value.value.directives['WorkingDirectory']?.replace(/^-/, '') || '/';
  return containerOf(survey, instance)?.workingDirectory ?? '/';
}
