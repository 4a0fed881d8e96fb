import { join } from 'node:path';

/** The folder of the clone. */
export const root = join(import.meta.dirname, '..', '..');

/** One program that is shipped as one file. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  /** Folder and file, below dist/. */
  readonly out: string;
}

function program(name: string, file = name): Program {
  return { name, entry: join(root, name, 'src', 'main.ts'), out: join(name, `${file}.mjs`) };
}

/** Every program, by the name that `npm run build -- NAME` takes. */
export const programs: readonly Program[] = [program('agent'), program('aggregator'), program('cli', 'plumbline')];
