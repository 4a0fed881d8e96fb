import { run } from '../../cli/src/program.ts';
import type { Terminal } from '../../cli/src/terminal.ts';
import { plain } from '../../cli/src/text/paint.ts';

/** What a run of the command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `plumbline` in this process with its outputs caught; the time stands still. */
export async function plumbline(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    sheet: { width: 80, paint: plain },
    environment,
    now: () => new Date('2026-01-01T00:00:00.000Z'),
    stop: new AbortController().signal,
  };
  const code = await run(argv, terminal);
  return { code, out, err };
}
