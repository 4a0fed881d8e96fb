import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { type ErrorCode, PlumblineError } from '../errors.ts';

/** A mistake in a benchmark file with the place to mend. `line` counts from 1. */
export interface Problem {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Raised with every problem found; nothing of a broken pack is used. */
export class PackError extends PlumblineError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    const first = problems[0];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super(
      first?.code ?? 'PLB_PACK_RULE',
      first ? `${first.file}:${first.line}: ${first.message}${more}` : 'the pack is broken',
    );
    this.name = 'PackError';
    this.problems = problems;
  }
}

/** A parsed file that remembers where each value stands. */
export interface PackFile<T> {
  readonly value: T;
  /** Line of the value at a path, or of the nearest parent that exists. */
  lineOf(path: readonly (string | number)[]): number;
}

const maxBytes = 1_000_000;

/** Parses and validates one YAML text; problems are added to `problems` and undefined is returned. */
export function readYaml<T>(file: string, text: string, schema: TSchema, problems: Problem[]): PackFile<T> | undefined {
  if (text.length > maxBytes) {
    problems.push({ code: 'PLB_PACK_SYNTAX', file, line: 1, message: `larger than ${maxBytes} bytes` });
    return undefined;
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, version: '1.2' });
  const broken = [...document.errors, ...document.warnings];
  for (const error of broken) {
    problems.push({
      code: 'PLB_PACK_SYNTAX',
      file,
      line: counter.linePos(error.pos[0]).line,
      message: String(error.message.split('\n')[0]),
    });
  }
  if (broken.length > 0 || hasAlias(file, document, counter, problems)) return undefined;
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const lineOf = (path: readonly (string | number)[]) => lineAt(document, counter, path);
  const errors = [...Value.Errors(schema, value)];
  const deepest = errors.reduce((depth, error) => Math.max(depth, error.instancePath.split('/').length), 0);
  for (const error of errors.filter((one) => one.instancePath.split('/').length === deepest).slice(0, 3)) {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    problems.push({
      code: 'PLB_PACK_SCHEMA',
      file,
      line: lineOf(path),
      message: `${error.instancePath || '/'}: ${error.message}`,
    });
  }
  return errors.length > 0 ? undefined : { value: value as T, lineOf };
}

/** Aliases hide repetition from a reader and can grow without bound; data files do without. */
function hasAlias(file: string, document: Document, counter: LineCounter, problems: Problem[]): boolean {
  const before = problems.length;
  visit(document, {
    Alias(_key, node) {
      const line = counter.linePos(Number(node.range?.[0])).line;
      problems.push({ code: 'PLB_PACK_SYNTAX', file, line, message: 'aliases are not allowed' });
    },
  });
  return problems.length > before;
}

function lineAt(document: Document, counter: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
}
