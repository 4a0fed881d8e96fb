import { PackError, PlumblineError, readPack } from '@plumbline/core';
import { bundledPackTexts, readPackTexts } from '@plumbline/proto';
import type { Command } from 'commander';
import type { ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { escapeText } from '../text/escape.ts';

/** `plumbline validate [DIR]`. */
export function addValidate(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('validate')
    .description('read a directory of benchmarks and print every problem with file and line')
    .argument('[dir]', 'directory laid out like benchmarks/ (default: the shipped one)')
    .action((directory: string | undefined) => done(validate(directory, terminal)));
}

/** Exit 0 when the pack is good, 1 with a line per problem, 2 when the directory cannot be read. */
export function validate(directory: string | undefined, terminal: Terminal): ExitCode {
  const texts = textsOf(directory);
  try {
    const pack = readPack(texts);
    const { controls, benchmarks, platforms } = pack;
    terminal.out(
      `${controls.size} controls, ${benchmarks.length} documents, ${platforms.length} platforms: no problem.\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    const prefix = directory === undefined ? 'benchmarks' : directory.replace(/\/+$/, '');
    for (const { file, line, code, message } of error.problems) {
      terminal.out(`${escapeText(`${prefix}/${file}:${line}: ${code}: ${message}`)}\n`);
    }
    terminal.err(`${error.problems.length} problem${error.problems.length === 1 ? '' : 's'}.\n`);
    return 1;
  }
}

function textsOf(directory: string | undefined) {
  try {
    return directory === undefined ? bundledPackTexts() : readPackTexts(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      `${directory} cannot be read as a directory of benchmarks (${code}).`,
      {
        cause: error,
      },
    );
  }
}
