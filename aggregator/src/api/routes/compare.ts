import { type Change, originText, type ValueAt } from '@plumbline/core';
import { CompareFilters, compareQuery, cursorText, type SideQuery } from '../compare/query.ts';
import { CompareAnswer } from '../compare/schema.ts';
import { compareSides, type Overlaid, programOf } from '../compare/sides.ts';
import { findingId } from '../finding-id.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

/** Values that one change lists; their number is always said. */
const mostValues = 50;

/** Two instants, two nodes or two documents beside each other. */
export const compareRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/compare',
    {
      schema: {
        summary: 'What differs between two instants, nodes or documents, by section and control, down to values',
        querystring: CompareFilters,
        response: { 200: CompareAnswer },
      },
    },
    async ({ query }) => {
      const wanted = await compareQuery(query, parts, reports);
      const { before, after, unchanged, deltas, sections, controls, changes } = compareSides(wanted);
      const listed = inOrder(changes).filter((one) => wanted.listed?.has(one.delta) ?? true);
      const end = wanted.offset + wanted.limit;
      return {
        ...mutable(wanted.after.reports, wanted.after.at),
        kind: wanted.kind,
        before: { ...sideOf(wanted.before), summary: before },
        after: { ...sideOf(wanted.after), summary: after },
        unchanged,
        deltas,
        sections: [...sections],
        controls: controls.map((one) => ({ ...one, before: controlSide(one.before), after: controlSide(one.after) })),
        changes: listed.slice(wanted.offset, end).map(changeOf),
        changesTotal: listed.length,
        nextCursor: listed.length > end ? cursorText(wanted, end) : null,
      };
    },
  );
};

function sideOf(side: SideQuery) {
  const { at, scan, name, benchmark, parts } = side;
  const named = scan && { id: String(scan.id), name: scan.name };
  const judged = { program: programOf(side) ?? null, rejudged: parts.isRejudged ?? false };
  return { at: iso(at), scan: named, node: name, benchmark, ...judged };
}

function controlSide(side: ReturnType<typeof compareSides>['controls'][number]['before']) {
  return side && { ...side, numbers: [...side.numbers], counts: { ...side.counts } };
}

/** By number, then control, node and subject, so that pages of the same times join. */
function inOrder(changes: readonly Change<Overlaid>[]): readonly Change<Overlaid>[] {
  const keyed = changes.flatMap((change) => {
    const shown = change.after ?? change.before;
    return shown
      ? [{ change, key: [sortable(shown.number), change.control, shown.node, shown.subject].join('\0') }]
      : [];
  });
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ change }) => change);
}

/** Texts sort as numbers do: 1.2.9 before 1.2.10. */
function sortable(number: string): string {
  return number
    .split('.')
    .map((part) => part.padStart(4, '0'))
    .join('.');
}

function changeOf({ delta, control, before, after, rulesetChanged, values }: Change<Overlaid>) {
  const shown = after ?? before;
  return {
    delta,
    control,
    title: shown?.title ?? control,
    severity: shown?.severity ?? ('medium' as const),
    rulesetChanged,
    before: before && findingSide(before),
    after: after && findingSide(after),
    values: values.slice(0, mostValues).map(({ fact, subject, from, to }) => ({
      fact,
      subject,
      from: from && valueSide(from),
      to: to && valueSide(to),
    })),
    valuesTotal: values.length,
  };
}

function findingSide(one: Overlaid) {
  const { node, benchmark, number, subject, status, reason, message, since } = one;
  return {
    findingId: findingId(one),
    node,
    benchmark,
    number,
    subject,
    status,
    reason,
    message,
    ...{ since: iso(since), waived: one.overlay === 'waived' },
  };
}

function valueSide({ actual, origin }: ValueAt) {
  return { actual, origin: { ...origin, text: originText(origin) } };
}
