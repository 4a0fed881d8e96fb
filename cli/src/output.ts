import { writeFileSync } from 'node:fs';
import { PlumblineError } from '@plumbline/core';
import type { Terminal } from './terminal.ts';

/** Writes to a file where one is named, else to standard output. Throws PLB_CONFIG_INVALID when the file cannot be written. */
export function deliver(text: string, file: string | undefined, terminal: Terminal): void {
  if (file === undefined) {
    terminal.out(text);
    return;
  }
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} cannot be written (${code}); give another --output.`, {
      cause: error,
    });
  }
}
