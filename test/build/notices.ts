import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.ts';

/** Licence texts of the packages whose code is in a bundle, sorted by name; `inputs` are esbuild's paths from the root. */
export function notices(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap(packageFolder));
  return [...folders].sort().map(notice).join('\n');
}

function packageFolder(input: string): readonly string[] {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return found?.[1] === undefined ? [] : [found[1]];
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
  return [`${'='.repeat(80)}`, `${name} ${version} (${license ?? 'see below'})`, '', ...texts, ''].join('\n');
}
