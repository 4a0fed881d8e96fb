import { type Benchmark, findDocument, PlumblineError, type RolledUp, subjectCounts } from '@plumbline/core';
import Type from 'typebox';
import { At, instant } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { BenchmarkAnswer, BenchmarksAnswer } from '../schemas.ts';
import type { Route } from './route.ts';
import { mutable } from './summary.ts';

/** The documents that are known, and their controls. */
export const benchmarkRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/benchmarks',
    {
      schema: {
        summary: 'Every known document, oldest first',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: BenchmarksAnswer },
      },
    },
    () => {
      const about = mutable(reports);
      const used = new Set(about.benchmarks.map((one) => one.benchmark));
      return { ...about, documents: parts.pack.benchmarks.map((one) => documentOf(one, used)) };
    },
  );
  server.get(
    // The id of a document has a slash in it: cis/kubernetes-1.12.
    '/api/v1/benchmarks/*',
    {
      schema: {
        summary: 'One document with its controls and how they stand',
        params: Type.Object({ '*': Type.String() }),
        querystring: Type.Object({ at: At }, { additionalProperties: false }),
        response: { 200: BenchmarkAnswer },
      },
    },
    ({ params, query }) => {
      const at = instant(query.at);
      const document = known(parts, params['*']);
      const about = mutable(reports, at);
      const used = new Set(about.benchmarks.map((one) => one.benchmark));
      const rolled = reports.controls(at).filter((one) => one.benchmark === document.benchmark);
      const byNumber = new Map(rolled.map((one) => [one.number, one]));
      return {
        ...about,
        document: {
          ...documentOf(document, used),
          controls: document.controls.map(({ number, control, level, by, role }) => ({
            ...subjectCounts({ ...none, ...byNumber.get(number)?.counts }),
            number,
            control,
            title: parts.pack.controls.get(control)?.title ?? control,
            severity: parts.pack.controls.get(control)?.severity ?? ('medium' as const),
            level,
            by,
            role,
            status: byNumber.get(number)?.status ?? null,
            // Subjects of the cluster differ by nature; nodes of one role should not.
            inconsistent: role !== 'cluster' && (byNumber.get(number)?.inconsistent ?? false),
            counts: { ...byNumber.get(number)?.counts },
            ...decidedOf(byNumber.get(number)),
          })),
        },
      };
    },
  );
};

/** How a control stands with waivers and attestations; nothing where it was not judged. */
export function decidedOf(rolled: RolledUp | undefined) {
  return {
    adjusted: rolled?.adjusted ?? null,
    covered: { waivedFail: 0, waivedWarn: 0, attested: 0, ...rolled?.covered },
  };
}

const none = { pass: 0, fail: 0, warn: 0 };

function known(parts: ApiParts, id: string): Benchmark {
  try {
    return findDocument(parts.pack, id);
  } catch (error) {
    if (error instanceof PlumblineError) throw new PlumblineError('PLB_NOT_FOUND', error.message);
    throw error;
  }
}

function documentOf(one: Benchmark, used: ReadonlySet<string>) {
  const { benchmark, title, version, published, kubernetes } = one;
  const sections = Object.entries(one.sections).map(([section, { title: name, total }]) => [
    section,
    { title: name, total: Number(total) },
  ]);
  return {
    benchmark,
    title,
    version,
    published,
    kubernetes,
    total: Number(one.total),
    sections: Object.fromEntries(sections) as Record<string, { title: string; total: number }>,
    inUse: used.has(benchmark),
  };
}
