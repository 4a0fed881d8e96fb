import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Takes back a change. */
export type Undo = () => void;

/** Writes a file (mode 0600 when new) and remembers what was there. Directories made on the way are removed again. */
export function write(path: string, text: string, mode?: number): Undo {
  const before = existsSync(path) ? { text: readFileSync(path), mode: statSync(path).mode & 0o7777 } : undefined;
  const made = existsSync(dirname(path)) ? undefined : mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  if (mode !== undefined) chmodSync(path, mode);
  return () => {
    if (before) {
      writeFileSync(path, before.text);
      chmodSync(path, before.mode);
    } else rmSync(path, { force: true });
    if (made) rmSync(made, { recursive: true, force: true });
  };
}

/** Rewrites a file by a function of its text; refuses a rewrite that changes nothing. */
export function edit(path: string, change: (text: string) => string): Undo {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`the edit of ${path} changes nothing`);
  return write(path, after);
}

export function chmod(path: string, mode: number): Undo {
  const before = statSync(path).mode & 0o7777;
  chmodSync(path, mode);
  return () => chmodSync(path, before);
}

export function chown(path: string, uid: number, gid: number): Undo {
  const before = lstatSync(path);
  chownSync(path, uid, gid);
  return () => chownSync(path, before.uid, before.gid);
}

/** Undoes in reverse order. */
export function all(...undos: readonly Undo[]): Undo {
  return () => {
    for (const undo of [...undos].reverse()) undo();
  };
}
