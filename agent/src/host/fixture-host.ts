import { type FixtureNode, readFixture } from './fixture.ts';
import {
  defaultMaxBytes,
  defaultMaxEntries,
  denied,
  type Entry,
  type Host,
  type Missing,
  missing,
  procMaxBytes,
  type Seen,
  seen,
  takeByReading,
} from './host.ts';
import { stepsOf } from './paths.ts';

const maxLinks = 40;

/** A node that is a text (see fixture.ts), behind the same door as a real one. Throws when the text is no fixture. */
export function fixtureHost(text: string): Host {
  const { nodes, capabilities, booted } = readFixture(text);
  const children = childrenOf(nodes);
  const reads = new Map<string, number>();
  const reach = (path: string, follow: boolean) => reachIn(nodes, path, follow);

  const host: Omit<Host, 'take'> = {
    async stat(path) {
      const found = reach(path, true);
      if (found.state !== 'observed') return found;
      const { node } = found.value;
      if (node.type === 'denied' || node.type === 'link') return denied(path);
      const { type, mode, uid, gid, modified, changed } = node;
      return seen({ type, mode, uid, gid, path: found.value.path, modified, changed });
    },
    async read(path, { maxBytes = path.startsWith('/proc/') ? procMaxBytes : defaultMaxBytes, partial = false }) {
      const found = reach(path, true);
      if (found.state !== 'observed') return found;
      const { node } = found.value;
      if (node.type === 'directory') return missing('malformed', `${path}: a directory where a file is expected`);
      if (node.type === 'denied') return denied(path);
      if (node.type !== 'file') return missing('malformed', `${path}: not a regular file`);
      if (node.state) return stated(node.state, path);
      const turn = reads.get(found.value.path) ?? 0;
      reads.set(found.value.path, turn + 1);
      const bytes = Buffer.from(node.contents[Math.min(turn, node.contents.length - 1)] ?? '');
      if (bytes.length <= maxBytes) return seen({ bytes, truncated: false });
      if (!partial) return missing('too-large', `${path} is larger than ${maxBytes} bytes`);
      return seen({ bytes: bytes.subarray(0, maxBytes), truncated: true });
    },
    async list(path, limit = defaultMaxEntries) {
      const found = reach(path, true);
      if (found.state !== 'observed') return found;
      const { node } = found.value;
      if (node.type === 'denied') return denied(path);
      if (node.type !== 'directory') return missing('malformed', `${path}: not a directory`);
      if (node.state) return stated(node.state, path);
      const entries = children.get(found.value.path) ?? [];
      return seen({ entries: entries.slice(0, limit), truncated: entries.length > limit });
    },
    async link(path) {
      const found = reach(path, false);
      if (found.state !== 'observed') return found;
      const { node } = found.value;
      if (node.type === 'denied' || node.state === 'denied') return denied(path);
      return node.type === 'link' ? seen(node.to) : missing('unsupported', `${path}: EINVAL`);
    },
    booted: () => booted,
    capabilities: async () => capabilities,
    refresh: async () => undefined,
  };
  return { ...host, take: takeByReading(host.read) };
}

function stated(state: Missing['state'], path: string): Missing {
  return state === 'denied' ? denied(path) : missing(state, `${path}: ${state}`);
}

function childrenOf(nodes: ReadonlyMap<string, FixtureNode>): ReadonlyMap<string, readonly Entry[]> {
  const children = new Map<string, Entry[]>();
  for (const [path, node] of nodes) {
    if (path === '/') continue;
    const cut = path.lastIndexOf('/');
    const parent = path.slice(0, cut) || '/';
    const siblings = children.get(parent) ?? [];
    children.set(parent, siblings);
    siblings.push({ name: path.slice(cut + 1), type: node.type === 'denied' ? 'other' : node.type });
  }
  return children;
}

interface Reached {
  readonly path: string;
  readonly node: FixtureNode;
}

function reachIn(nodes: ReadonlyMap<string, FixtureNode>, path: string, follow: boolean): Seen<Reached> {
  const pending = stepsOf(path).reverse();
  let walked: string[] = [];
  let links = 0;
  let linked = false;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '..') {
      walked.pop();
      continue;
    }
    const here = `/${[...walked, name].join('/')}`;
    const node = nodes.get(here);
    if (!node)
      return missing('absent', linked ? `${path} is a link; ${here} does not exist` : `${here} does not exist`);
    const last = pending.length === 0;
    if (node.type === 'link' && (!last || follow)) {
      if (node.state === 'denied') return denied(here);
      if (++links > maxLinks) return missing('malformed', `${path}: too many links`);
      linked = linked || last;
      pending.push(...stepsOf(node.to).reverse());
      if (node.to.startsWith('/')) walked = [];
      continue;
    }
    if (!last && node.type === 'denied') return denied(here);
    if (!last && node.type !== 'directory') return missing('malformed', `${here}: not a directory`);
    walked.push(name);
  }
  const end = `/${walked.join('/')}`;
  const node = nodes.get(end);
  return node ? seen({ path: end, node }) : missing('absent', `${end} does not exist`);
}
