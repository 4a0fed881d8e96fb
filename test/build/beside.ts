import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { loadPack, nodePackText } from '@plumbline/proto';
import type { Plugin } from 'esbuild';
import { root } from './programs.ts';

const modules = join(root, 'node_modules');

/** Packages that read files of their own folder at run time, and which of their folders those are. */
const readers: readonly { readonly name: string; readonly folder: string }[] = [
  { name: '@fastify/swagger-ui', folder: 'static' },
];

/** SQLite's native part for this machine is a file beside the bundle; the generic entry searches folders that a bundle lacks. */
export function nativePlugin(): Plugin {
  const entry = `better-sqlite3/${process.platform}-${process.arch}`;
  return {
    name: 'native',
    setup(build) {
      build.onResolve({ filter: /^better-sqlite3$/ }, ({ resolveDir }) =>
        build.resolve(entry, { kind: 'require-call', resolveDir }),
      );
    },
  };
}

/** Lets the packages of `readers` find their folder in packages/NAME beside the bundle. */
export function ownFolderPlugin(used: Set<string>): Plugin {
  return {
    name: 'own-folder',
    setup(build) {
      for (const { name } of readers) {
        build.onLoad({ filter: new RegExp(`/node_modules/${name}/.*\\.js$`) }, ({ path }) => {
          used.add(name);
          return { contents: relocated(path), loader: 'js' };
        });
      }
    },
  };
}

function relocated(path: string): string {
  const beside = JSON.stringify(
    join('packages', relative(modules, dirname(path)))
      .split(sep)
      .join('/'),
  );
  return readFileSync(path, 'utf8').replaceAll(/\b__dirname\b/g, `(__dirname + '/' + ${beside})`);
}

/** Copies what belongs beside the bundle in `folder`: folders that packages read, the benchmarks (of an agent what it needs of them), the licence. */
export function copyBeside(folder: string, used: ReadonlySet<string>, name: string): void {
  for (const { name: reader, folder: part } of readers) {
    if (used.has(reader))
      cpSync(join(modules, reader, part), join(folder, 'packages', reader, part), { recursive: true });
  }
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  if (name !== 'agent') {
    cpSync(join(root, 'benchmarks'), join(folder, 'benchmarks'), { recursive: true });
    return;
  }
  mkdirSync(join(folder, 'benchmarks'));
  writeFileSync(join(folder, 'benchmarks', 'node-pack.json'), nodePackText(loadPack(join(root, 'benchmarks'))));
}
