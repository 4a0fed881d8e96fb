import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Programs by name, or why there are none. */
export type Tools<N extends string> = { readonly found: Readonly<Record<N, string>> } | { readonly missing: string };

const root = join(import.meta.dirname, '..', '..', '..');

/**
 * Programs of a Debian package: from PATH, else unpacked below dist/ from the package, which is not installed: its service would start.
 * With CI=true it throws instead of saying what is missing.
 */
export function debianTools<N extends string>(name: string, programs: readonly N[]): Tools<N> {
  const unpacked = join(root, 'dist', 'debian', name);
  const places = () => [...(process.env['PATH'] ?? '').split(':'), join(unpacked, 'usr', 'bin')];
  const look = () => {
    const found = programs.map(
      (one) =>
        [
          one,
          places()
            .map((dir) => join(dir, one))
            .find(existsSync),
        ] as const,
    );
    return found.every(([, path]) => path) ? (Object.fromEntries(found) as Record<N, string>) : undefined;
  };
  const missing = look() ? undefined : unpack(name, unpacked);
  const found = look();
  if (found) return { found };
  const why = `${programs.join(' and ')} of Debian's package ${name}: ${missing ?? 'not in the package'}`;
  if (process.env['CI'] === 'true') throw new Error(`CI needs ${why}`);
  console.log(`skipped: what needs ${why}`);
  return { missing: why };
}

/** Undefined when it is unpacked, else why not. */
function unpack(name: string, target: string): string | undefined {
  if (process.platform !== 'linux') return 'this is no Linux';
  if (process.getuid?.() !== 0) return 'not in PATH, and only root fetches it';
  mkdirSync(join(root, 'dist'), { recursive: true });
  const scratch = mkdtempSync(join(root, 'dist', 'debian-'));
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: scratch, stdio: 'pipe', timeout: 50_000 });
  try {
    try {
      run('apt-get', 'download', name);
    } catch {
      run('apt-get', 'update');
      run('apt-get', 'download', name);
    }
    const [file] = readdirSync(scratch).filter((one) => one.endsWith('.deb'));
    run('dpkg', '-x', file ?? 'nothing.deb', join(scratch, 'files'));
    mkdirSync(join(target, '..'), { recursive: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(join(scratch, 'files'), target);
    return undefined;
  } catch (error) {
    return `apt-get cannot fetch it (${error instanceof Error ? error.message.split('\n')[0] : error})`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
