import { PackError, PlumblineError } from '@plumbline/core';
import { CommanderError } from 'commander';
import type { Terminal } from './terminal.ts';
import { escapeText } from './text/escape.ts';

/** 0: done; 1: done, and what was asked about is there (a threshold reached, a problem found); 2: could not be done. */
export type ExitCode = 0 | 1 | 2;

/**
 * Turns what a command threw into one sentence and exit code 2. Anything that is no operational error is a bug: it is thrown
 * again with its stack.
 */
export function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const message = error.code === 'commander.help' ? 'A command is missing.' : error.message;
    terminal.err(`PLB_CONFIG_INVALID: ${sentence(message)}\n`);
    return 2;
  }
  if (terminal.stop.aborted) {
    terminal.err('PLB_INTERNAL: It was interrupted before it could end.\n');
    return 2;
  }
  if (error instanceof PackError) {
    for (const { code, file, line, message } of error.problems) {
      terminal.err(`${code}: ${escapeText(`${file}:${line}: ${message}`)}\n`);
    }
    return 2;
  }
  if (error instanceof PlumblineError) {
    terminal.err(`${error.code}: ${escapeText(error.message)}\n`);
    return 2;
  }
  throw error;
}

function sentence(text: string): string {
  const trimmed = escapeText(text.replace(/^error: /, '').replaceAll('\n', ' '));
  return `${trimmed} Try plumbline --help.`.replace(/([^.)?!]) Try/, '$1. Try');
}
