import {
  type Covered,
  type Decision,
  type Evidence,
  type Origin,
  originText,
  PlumblineError,
  partsOf,
} from '@plumbline/core';
import Type from 'typebox';
import type { StoredFinding } from '../../store/finding-query.ts';
import { timed } from '../../store/timed.ts';
import { AsOf, askedMoment } from '../as-of.ts';
import { cursorOf, FindingFilters, pageQuery } from '../filters.ts';
import { findingId, placeOfId } from '../finding-id.ts';
import type { ApiParts } from '../parts.ts';
import { FindingAnswer, FindingsAnswer } from '../schemas.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

/** Findings, page by page, and one with all that it rests on. */
export const findingRoutes: Route = (server, current, counting) => {
  server.get(
    '/api/v1/findings',
    {
      schema: {
        summary: 'Findings in the order of documents and numbers',
        querystring: FindingFilters,
        response: { 200: FindingsAnswer },
      },
    },
    async ({ query }) => {
      const { parts, reports, at } = await askedMoment(current, counting, query);
      const wanted = pageQuery({ ...query, ...timeOf(at) }, parts);
      const { findings, next } = parts.queries.page(wanted);
      return {
        ...mutable(reports, wanted.at),
        findings: findings.map((one) => ({
          ...findingOf(parts, one, wanted.at),
          ...(query.evidence ? { evidence: one.evidence.map(evidenceOf) } : {}),
        })),
        nextCursor: next ? cursorOf(next) : null,
      };
    },
  );
  server.get(
    '/api/v1/findings/:id',
    {
      schema: {
        summary: 'One finding with its evidence: what was found, what was expected, where and when',
        params: Type.Object({ id: Type.String({ maxLength: 4000 }) }),
        querystring: AsOf,
        response: { 200: FindingAnswer },
      },
    },
    async ({ params, query }) => {
      const { benchmark } = placeOfId(params.id);
      const { parts, reports, at } = await askedMoment(
        current,
        counting,
        query.at === undefined ? query : { benchmark, ...query },
      );
      const { finding, evidence } = find(parts, params.id, at);
      return {
        ...mutable(reports, at),
        finding: {
          ...findingOf(parts, finding, at),
          why: parts.pack.controls.get(finding.control)?.why ?? '',
          remedy: finding.remedy,
          note: finding.note ?? null,
          evidence: evidence.map(evidenceOf),
        },
      };
    },
  );
};

function timeOf(at: number | undefined) {
  return at === undefined ? {} : { at: new Date(at).toISOString() };
}

function find(
  parts: ApiParts,
  id: string,
  at: number | undefined,
): { readonly finding: StoredFinding; readonly evidence: readonly Evidence[] } {
  const place = placeOfId(id);
  const node = place.node === null ? 0 : parts.nodes().find((one) => one.name === place.node)?.id;
  const lines = parts.queries
    .lines()
    .filter((line) => line.benchmark === place.benchmark && line.number === place.number);
  const found = node === undefined ? [] : parts.queries.withEvidence(lines, node, at);
  const finding = found.find((one) => one.subject === place.subject);
  if (!finding || node === undefined) {
    throw new PlumblineError('PLB_NOT_FOUND', 'There is no finding with this id at this time.');
  }
  // Evidence is of the moment of the verdict; what was observed since then is the same, or the verdict would be another.
  const observations = node === 0 ? [] : parts.queries.observations(node, at ?? parts.clock());
  return { finding, evidence: timed(finding.evidence, finding.subject, observations) };
}

/** Evidence as answers carry it. */
export function evidenceOf({ fact, subject, actual, expected, origin, holds, observedAt, pending }: Evidence) {
  return {
    fact,
    subject,
    actual,
    expected,
    origin: withText(origin),
    holds,
    observedAt: observedAt ?? null,
    pending: pending ? { ...pending, origin: withText(pending.origin) } : null,
  };
}

function withText(origin: Origin) {
  return { ...origin, text: originText(origin) };
}

/** Where a subject of the cluster lies, and whether it belongs to Kubernetes itself. Subjects on nodes lie nowhere. */
export function placeOf(parts: Pick<ApiParts, 'isSystemNamespace'>, one: StoredFinding) {
  const { kind, namespace } = one.node === null ? partsOf(one.subject) : { kind: '', namespace: '' };
  const marked = one.reason === 'system-default' || one.reason === 'system-namespace';
  return {
    namespace: namespace === '' ? null : namespace,
    kind: kind === '' ? null : kind,
    system: marked || (namespace !== '' && parts.isSystemNamespace(namespace)),
  };
}

/** The decisions about a finding, as far as its readers need them. */
export function marksOf({ waiver, attestation }: Covered) {
  const marked = ({ id, owner, reason, expires }: Decision) => ({ id, owner, reason, expires });
  return {
    waiver: waiver && { ...marked(waiver), kind: waiver.kind },
    attestation: attestation && marked(attestation),
  };
}

function findingOf(parts: ApiParts, one: StoredFinding, at: number | undefined) {
  return {
    id: findingId(one),
    node: one.node,
    ...placeOf(parts, one),
    benchmark: one.benchmark,
    benchmarkMatch: one.match,
    number: one.number,
    control: one.control,
    title: one.title,
    status: one.status,
    reason: one.reason,
    message: one.message,
    severity: one.severity,
    level: one.level,
    by: one.by,
    subject: one.subject,
    since: iso(one.since),
    until: iso(one.until),
    validUntil: one.validUntil ?? null,
    ...marksOf(parts.coverage.of(one, at)),
  };
}
