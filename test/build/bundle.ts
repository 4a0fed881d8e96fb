/** `npm run build [-- NAME...]`: each program as one file in dist/, with what it reads at run time beside it. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { copyBeside, nativePlugin, ownFolderPlugin } from './beside.ts';
import { notices } from './notices.ts';
import { type Program, programs, root } from './programs.ts';

/** CommonJS packages inside an ECMAScript module want `require` and `__dirname`; the benchmarks lie beside the file. */
const banner = [
  "import { createRequire as requireFrom } from 'node:module';",
  'const require = requireFrom(import.meta.url);',
  'const __dirname = import.meta.dirname;',
  'const __filename = import.meta.filename;',
  "process.env.PLUMBLINE_BENCHMARKS ??= __dirname + '/benchmarks';",
].join('\n');

/** Bundles one program below `dist` and returns the path of its file. */
export async function bundle(program: Program, dist: string): Promise<string> {
  const outfile = join(dist, program.out);
  const folder = dirname(outfile);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const used = new Set<string>();
  const { metafile } = await build({
    entryPoints: [program.entry],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: banner },
    // names stay: they are in stack traces, and error classes are told apart by them
    minifySyntax: true,
    minifyWhitespace: true,
    // node shows the whole line of an uncaught error
    lineLimit: 160,
    legalComments: 'none',
    ...(program.name === 'agent' ? { define: { PLUMBLINE_NODE_PACK: 'true' } } : {}),
    loader: { '.node': 'copy' },
    assetNames: '[name]',
    metafile: true,
    logLevel: 'warning',
    plugins: [nativePlugin(), ownFolderPlugin(used)],
  });
  if (program.name === 'agent') oneByteOnly(outfile);
  copyBeside(folder, used, program.name);
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), notices(inputsOf(metafile)));
  return outfile;
}

/** V8 holds a source text for as long as its code lives: one letter beyond Latin-1 doubles it, which in the agent is a megabyte. */
function oneByteOnly(file: string): void {
  const found = /[^\0-\xff]/.exec(readFileSync(file, 'utf8'));
  if (found) throw new Error(`${file} holds ${JSON.stringify(found[0])}: write it as an escape`);
}

/** What is really in the bundle; what was read and shaken out again is not carried along. */
function inputsOf({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
}

function chosen(names: readonly string[]): readonly Program[] {
  const unknown = names.filter((name) => !programs.some((program) => program.name === name));
  if (unknown.length > 0) throw new Error(`no such program: ${unknown.join(', ')}`);
  return names.length === 0 ? programs : programs.filter(({ name }) => names.includes(name));
}

if (import.meta.main) {
  for (const program of chosen(process.argv.slice(2))) {
    const file = await bundle(program, join(root, 'dist'));
    console.log(`${relative(root, file)} ${Math.ceil(statSync(file).size / 1024)} KiB`);
  }
}
