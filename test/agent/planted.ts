import { chmodSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFixture } from '../../agent/src/host/fixture.ts';

/** Makes a real tree of a fixture below `root`, so that the real host looks at the same node. Owners only as root; no devices, no sockets. */
export function plant(root: string, text: string): void {
  const nodes = [...readFixture(text).nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, node] of nodes) {
    const here = join(root, path);
    if (node.type === 'directory') mkdirSync(here, { recursive: true });
    else if (node.type === 'link') symlinkSync(node.to || 'nowhere', here);
    else if (node.type === 'file') writeFileSync(here, node.contents[0] ?? '');
  }
  for (const [path, node] of nodes.reverse()) {
    const here = join(root, path);
    if (node.type !== 'file' && node.type !== 'directory') continue;
    if (process.getuid?.() === 0) lchownSync(here, node.uid, node.gid);
    chmodSync(here, node.mode);
  }
}
