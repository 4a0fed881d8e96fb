import { PlumblineError, type Status } from '@plumbline/core';
import Type from 'typebox';
import type { ApiParts } from '../parts.ts';
import { iso, type Route } from '../routes/route.ts';
import { controlPage } from './control-page.ts';
import { nodePage } from './node-page.ts';
import { startPage } from './start-page.ts';
import { style } from './style.ts';
import { openStatuses } from './tables.ts';

/** Nodes that the start page lists. */
const mostNodes = 50;

/** Findings of one status that the page of a control lists, and open ones that the page of a node lists. */
const mostOfControl = 100;
const mostOfNode = 500;

const kind = 'text/html; charset=utf-8';
const open: readonly Status[] = openStatuses.map(({ status }) => status);
const hidden = { hide: true };

/** Pages for people until the web UI comes, and their style sheet. */
export const pageRoutes: Route = (server, parts, reports) => {
  server.get('/page.css', { schema: hidden, config: { open: true } }, (_, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  );
  server.get('/', { schema: hidden }, (_, reply) => reply.type(kind).send(start(parts, reports)));
  server.get(
    '/controls/:slug',
    { schema: { ...hidden, params: Type.Object({ slug: Type.String() }) } },
    ({ params }, reply) => reply.type(kind).send(control(parts, params.slug)),
  );
  server.get(
    '/nodes/:name',
    { schema: { ...hidden, params: Type.Object({ name: Type.String() }) } },
    ({ params }, reply) => reply.type(kind).send(node(parts, reports, params.name)),
  );
};

type AllReports = Parameters<Route>[2];

function titleOf({ pack }: ApiParts, benchmark: string | undefined, section: string): string {
  return pack.benchmarks.find((one) => one.benchmark === benchmark)?.sections[section]?.title ?? '';
}

function start(parts: ApiParts, reports: AllReports): string {
  const { whole, documents } = reports.summary();
  const { cluster, benchmarkMatch, versions } = reports.about();
  const nodes = [...reports.nodes()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return startPage({
    cluster,
    at: iso(parts.clock()),
    benchmarkMatch,
    controlPlane: versions.controlPlane,
    byManifests: versions.controlPlaneFrom === 'manifest',
    summary: whole,
    documents,
    sectionTitle: (benchmark, section) => titleOf(parts, benchmark, section),
    nodes: nodes.slice(0, mostNodes).map((one) => ({
      name: one.name,
      presence: parts.presence(one),
      roles: one.roles,
      version: one.kubeletVersion ?? parts.fallbackVersion,
      summary: reports.node(one),
    })),
    nodesTotal: nodes.length,
    nodeListError: parts.nodeList().error,
    exclusions: parts.exclusions,
    troubles: parts
      .resources()
      .filter(({ state }) => ['denied', 'stale', 'unsynced'].includes(state.state))
      .map(({ resource, state }) => ({ name: resource, state: state.state, detail: state.detail ?? '' })),
    controls: reports.controls().filter((one) => open.includes(one.status)),
  });
}

function control(parts: ApiParts, slug: string): string {
  const known = parts.pack.controls.get(slug);
  const tallies = parts.queries.tally().filter((one) => one.line.control === slug);
  const lines = [...new Map(tallies.map(({ line }) => [line.id, line])).values()];
  const title = known?.title ?? lines[0]?.title;
  if (title === undefined) throw new PlumblineError('PLB_NOT_FOUND', `There is no control ${slug}.`);
  const findings = (status: Status) =>
    parts.queries
      .page({ lines, statuses: [status], evidence: true, limit: mostOfControl })
      .findings.map((one) => ({ ...one, covered: parts.coverage.of(one) }));
  const counts: Record<Status, number> = { pass: 0, fail: 0, error: 0, warn: 0, 'not-applicable': 0 };
  for (const { status, count } of tallies) counts[status] += count;
  return controlPage({
    at: iso(parts.clock()),
    slug,
    exclusions: parts.exclusions,
    title,
    severity: known?.severity ?? lines[0]?.severity ?? 'medium',
    why: known?.why ?? '',
    remedy: known?.remedy ?? lines[0]?.remedy ?? '',
    lines,
    counts,
    findings: { fail: findings('fail'), error: findings('error'), warn: findings('warn') },
  });
}

function node(parts: ApiParts, reports: AllReports, name: string): string {
  const found = reports.nodes().find((one) => one.name === name);
  if (!found) throw new PlumblineError('PLB_NOT_FOUND', `There is no node ${name}.`);
  const lines = parts.queries.lines();
  const { findings, next } = parts.queries.page({ lines, statuses: open, node: found.id, limit: mostOfNode });
  const { documents } = found;
  return nodePage({
    at: iso(parts.clock()),
    name,
    exclusions: parts.exclusions,
    presence: parts.presence(found),
    roles: found.roles,
    version: found.kubeletVersion ?? parts.fallbackVersion,
    lastReceived: found.lastReceived === null ? null : iso(found.lastReceived),
    summary: reports.node(found),
    sectionTitle: (section) =>
      titleOf(parts, section === '4' ? documents?.node.benchmark : documents?.controlPlane.benchmark, section),
    findings: findings.map((one) => ({ ...one, covered: parts.coverage.of(one) })),
    cut: next !== undefined,
  });
}
