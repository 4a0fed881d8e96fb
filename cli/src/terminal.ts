import type { Sheet } from './formats/format.ts';
import { paintFor } from './text/paint.ts';

/** What a command may do to the outside: write, read the environment, know the time, and be told to stop. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly sheet: Sheet;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Aborts on SIGINT and SIGTERM. */
  readonly stop: AbortSignal;
}

const widthWithoutTerminal = 100;

/** The terminal of this process. In a pipe the report is as wide as the terminal that errors go to: it often ends in a pager. */
export function processTerminal(stop: AbortSignal): Terminal {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    sheet: {
      width: stdout.columns ?? (Number(env['COLUMNS']) || (stderr.columns ?? widthWithoutTerminal)),
      paint: paintFor(stdout, env),
    },
    environment: env,
    now: () => new Date(),
    stop,
  };
}
