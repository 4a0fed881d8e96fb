import { isWithin } from './paths.ts';

/** One line of a mountinfo file: `root` is the path inside the file system that is seen at `point`; `id` is the kernel's. */
export interface Mount {
  readonly id: string;
  readonly device: string;
  readonly root: string;
  readonly point: string;
  readonly fsType: string;
}

/** Tables that were read last, by their text: they are asked for every pass and change rarely. */
const recent = new Map<string, readonly Mount[]>();
const most = { tables: 16, length: 64 * 1024 };

/** Reads a mountinfo file; later lines hide earlier ones at the same point. Source: proc_pid_mountinfo(5). */
export function parseMountinfo(text: string): readonly Mount[] {
  const known = recent.get(text);
  if (known) return known;
  const mounts = readLines(text);
  if (recent.size >= most.tables) recent.clear();
  if (text.length <= most.length) recent.set(text, mounts);
  return mounts;
}

function readLines(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [id = '', , device, root, point] = fields;
    const fsType = fields[dash + 1];
    if (dash < 0 || !device || !root || !point || !fsType) continue;
    mounts.push({ id, device, root: unescapeOctal(root), point: unescapeOctal(point), fsType });
  }
  return mounts;
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** mountinfo without sources and options, which nobody reads and which may hold user names of network shares. */
export function recordMountinfo(content: Buffer): string {
  return content
    .toString('utf8')
    .split('\n')
    .map((line) => {
      const fields = line.split(' ');
      const dash = fields.indexOf('-', 6);
      if (dash < 0) return '';
      const network = blindTypes.test(fields[dash + 1] ?? '');
      return [
        ...fields.slice(0, 3),
        network ? '/' : fields[3],
        fields[4],
        '-',
        '-',
        fields[dash + 1],
        'none',
        '-',
      ].join(' ');
    })
    .join('\n');
}

/**
 * File systems whose answers depend on another machine or on a process of a user: a look at them can hang for ever, so they are
 * never touched. virtiofs and 9p belong here because their server is another machine's process.
 */
const blindTypes =
  /^(nfs\d?|cifs|smb\d?|smbfs|ceph|afs|ncpfs|coda|ocfs2|gfs2?|lustre|beegfs|glusterfs|fuse(\..*)?|fuseblk|autofs|9p|davfs|orangefs)$/;

/** Why a mount must not be touched; undefined where it may be. */
export function blindReason(mount: Mount): string | undefined {
  if (!blindTypes.test(mount.fsType)) return undefined;
  return `${mount.point} is a ${mount.fsType} file system, which can hang and is not looked at`;
}

/** Mounts below a root, by their point as seen from it; `/` is the one that holds the root. */
export function mountsBelow(root: string, mounts: readonly Mount[]): ReadonlyMap<string, Mount> {
  const below = new Map<string, Mount>();
  let holds: Mount | undefined;
  for (const mount of mounts) {
    if (isWithin(root, mount.point)) {
      const point = root === '/' ? mount.point : mount.point.slice(root.length) || '/';
      below.set(point, { ...mount, point });
    } else if (isWithin(mount.point, root) && mount.point.length >= (holds?.point.length ?? 0)) holds = mount;
  }
  return below.has('/') || !holds ? below : below.set('/', { ...holds, point: '/' });
}

/** The mount that a path below the root lies on. */
export function mountOf(path: string, mounts: ReadonlyMap<string, Mount>): Mount | undefined {
  for (let here = path; here.length > 1; here = here.slice(0, here.lastIndexOf('/'))) {
    const mount = mounts.get(here);
    if (mount) return mount;
  }
  return mounts.get('/');
}
