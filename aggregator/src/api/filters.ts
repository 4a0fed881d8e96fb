import { isWaivable, type Pack, PlumblineError, Severity, type Status, sectionOf } from '@plumbline/core';
import Type, { type Static } from 'typebox';
import type { Line, PageQuery, Position } from '../store/finding-query.ts';
import type { NodeRecord } from '../store/node-table.ts';
import { decoded } from './finding-id.ts';
import type { ApiParts } from './parts.ts';

/** A short text that need not be given. */
export const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }));

/** An instant in the past, for every list. */
export const At = text('As of this time, ISO 8601; now when absent');

/** A document; where it was not judged then, it is judged now by what was known then. */
export const Document = text(
  'Id of a document, such as cis/kubernetes-1.12; one that was not judged then is judged now by what was known then',
);

/** Whether stored verdicts are good enough. */
export const Rejudge = Type.Optional(
  Type.Boolean({ description: "Judge what was known then by today's checks, also where verdicts of then are stored" }),
);

/** Page by page. */
export const Paging = {
  cursor: text('Where the page before said that the next one begins'),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'Most entries of a page' }),
} as const;

/** Filters of findings; those with several values take them separated by commas. */
export const FindingFilters = Type.Object(
  {
    benchmark: Document,
    status: text('pass, fail, warn, error, not-applicable'),
    severity: text('critical, high, medium, low'),
    section: text('First part of the number, or more of it: 1 or 1.2'),
    control: text('Slug or number of a control'),
    node: text('Name of a node; cluster for findings of no node'),
    namespace: text('Namespace that the subject is or lies in'),
    kind: text('Kind of the subject in lower case, such as namespace, clusterrolebinding or serviceaccount'),
    level: text('1, 2'),
    reason: text('Machine reason, such as file-unreadable'),
    q: text('Part of title, control, number, message or subject'),
    waived: Type.Optional(Type.Boolean({ description: 'true: only what a waiver covers; false: what none covers' })),
    pending: Type.Optional(
      Type.Boolean({
        description: 'true: only where a file changed that its process has not read yet; false: the others',
      }),
    ),
    evidence: Type.Optional(Type.Boolean({ description: 'With the evidence of each finding' })),
    at: At,
    rejudge: Rejudge,
    ...Paging,
  },
  { additionalProperties: false },
);
export type FindingFilters = Static<typeof FindingFilters>;

const statuses: readonly Status[] = ['pass', 'fail', 'warn', 'error', 'not-applicable'];
const severities: readonly string[] = Severity.anyOf.map((one) => one.const);

/** An instant in milliseconds, undefined for now. Throws PLB_REQUEST_INVALID. */
export function instant(at: string | undefined, name = 'at'): number | undefined {
  if (at === undefined) return undefined;
  const time = Date.parse(at);
  if (!/^\d{4}-\d\d/.test(at) || !Number.isFinite(time))
    throw invalid(`The parameter ${name} is no time in ISO 8601: ${at}.`);
  return time;
}

/** What the store is asked. Throws PLB_REQUEST_INVALID with a sentence for a value that cannot be meant. */
export function pageQuery(
  filters: FindingFilters,
  { pack, queries, nodes, coverage }: Pick<ApiParts, 'pack' | 'queries' | 'nodes' | 'coverage'>,
): PageQuery {
  const at = instant(filters.at);
  const status = listOf('status', filters.status, statuses);
  const wanted = narrowed(filters, pack, queries.lines());
  const node = nodeIdOf(filters.node, nodes());
  const { waived } = filters;
  const after = positionOf(filters.cursor);
  return {
    ...overlaid(waived, wanted, coverage, at),
    ...statusesOf(status as readonly Status[] | undefined, waived),
    ...(node === undefined ? {} : { node }),
    ...(filters.reason === undefined ? {} : { reason: filters.reason }),
    ...(filters.namespace === undefined ? {} : { namespace: filters.namespace }),
    ...(filters.kind === undefined ? {} : { kind: filters.kind.toLowerCase() }),
    ...(filters.pending === undefined ? {} : { pending: filters.pending }),
    ...(filters.evidence === undefined ? {} : { evidence: filters.evidence }),
    ...(filters.q === undefined ? {} : { text: filters.q, matched: matching(wanted, filters.q) }),
    ...(at === undefined ? {} : { at }),
    ...(after ? { after } : {}),
    limit: filters.limit,
  };
}

/** Nothing but a fail or a warn can be waived. */
function statusesOf(asked: readonly Status[] | undefined, waived: boolean | undefined): Pick<PageQuery, 'statuses'> {
  if (waived) return { statuses: (asked ?? statuses).filter(isWaivable) };
  return asked ? { statuses: asked } : {};
}

/** Only controls that somebody decided about have anything that is waived. */
function overlaid(
  waived: boolean | undefined,
  lines: readonly Line[],
  coverage: ApiParts['coverage'],
  at: number | undefined,
): Pick<PageQuery, 'lines' | 'keep'> {
  if (waived === undefined) return { lines };
  const controls = coverage.controls(at);
  return {
    lines: waived ? lines.filter((line) => controls.has(line.control)) : lines,
    keep: (one) => (coverage.of(one, at).waiver !== null) === waived,
  };
}

/** The lines that filters let through. Throws PLB_REQUEST_INVALID for a document, control or section that nobody knows. */
export function narrowed(
  filters: Pick<FindingFilters, 'benchmark' | 'control' | 'section' | 'severity' | 'level'>,
  pack: Pack,
  lines: readonly Line[],
): readonly Line[] {
  const { benchmark, control, section } = filters;
  const documents = pack.benchmarks.map((one) => one.benchmark);
  if (
    benchmark !== undefined &&
    !documents.includes(benchmark) &&
    !lines.some((line) => line.benchmark === benchmark)
  ) {
    throw invalid(`There is no benchmark ${benchmark}; known are ${documents.join(', ')}.`);
  }
  const isControl = (one: string) =>
    pack.controls.has(one) || lines.some((line) => line.control === one || line.number === one);
  if (control !== undefined && !isControl(control)) throw invalid(`There is no control ${control}.`);
  if (section !== undefined && !/^\d+(\.\d+){0,2}$/.test(section))
    throw invalid(`The parameter section is no section: ${section}.`);
  const severity = listOf('severity', filters.severity, severities);
  const level = listOf('level', filters.level, ['1', '2']);
  return lines.filter(
    (line) =>
      (benchmark === undefined || line.benchmark === benchmark) &&
      (control === undefined || line.control === control || line.number === control) &&
      (section === undefined || sectionOf(line.number) === section || line.number.startsWith(`${section}.`)) &&
      (severity?.includes(line.severity) ?? true) &&
      (level?.includes(line.level) ?? true),
  );
}

/** The values of a list, undefined when there is none. Throws PLB_REQUEST_INVALID for one that is not known. */
export function listOf(
  name: string,
  value: string | undefined,
  known: readonly string[],
): readonly string[] | undefined {
  const parts = value?.split(',').map((part) => part.trim());
  const wrong = parts?.find((part) => !known.includes(part));
  if (wrong !== undefined) throw invalid(`The parameter ${name} knows ${known.join(', ')}, not ${wrong || 'nothing'}.`);
  return parts;
}

/** The id of a node by name, 0 for the cluster. Throws PLB_REQUEST_INVALID for a name that nobody knows. */
export function nodeIdOf(name: string | undefined, nodes: readonly NodeRecord[]): number | undefined {
  if (name === undefined) return undefined;
  const found = nodes.find((node) => node.name === name)?.id;
  if (found !== undefined) return found;
  if (name === 'cluster') return 0;
  throw invalid(`There is no node ${name}.`);
}

function matching(lines: readonly Line[], q: string): ReadonlySet<number> {
  const part = q.toLowerCase();
  const says = (line: Line) => [line.title, line.control, line.number].some((one) => one.toLowerCase().includes(part));
  return new Set(lines.filter(says).map((line) => line.id));
}

/** The cursor of a position. */
export function cursorOf({ line, node, subject }: Position): string {
  return Buffer.from(JSON.stringify([line, node, subject])).toString('base64url');
}

function positionOf(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const parts = decoded(cursor);
  if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => Number.isSafeInteger(part))) {
    const [line, node, subject] = parts as [number, number, number];
    return { line, node, subject };
  }
  throw invalid('The parameter cursor is none that an answer gave.');
}

/** A request that cannot be meant. */
export function invalid(message: string): PlumblineError {
  return new PlumblineError('PLB_REQUEST_INVALID', message);
}
