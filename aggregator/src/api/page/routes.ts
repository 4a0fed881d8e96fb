import { iso, type Route } from '../routes/route.ts';
import { page } from './page.ts';
import { style } from './style.ts';

/** Nodes that the page lists. */
const mostNodes = 50;

/** The start page and its style sheet. */
export const pageRoutes: Route = (server, parts, reports) => {
  server.get('/page.css', { schema: { hide: true }, config: { open: true } }, (_, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  );
  server.get('/', { schema: { hide: true } }, (_, reply) => {
    const { whole, documents } = reports.summary();
    const { cluster, benchmarkMatch, versions } = reports.about();
    const nodes = [...reports.nodes()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const text = page({
      cluster,
      at: iso(parts.clock()),
      benchmarkMatch,
      controlPlane: versions.controlPlane,
      byManifests: versions.controlPlaneFrom === 'manifest',
      summary: whole,
      documents,
      sectionTitle: (benchmark, section) =>
        parts.pack.benchmarks.find((one) => one.benchmark === benchmark)?.sections[section]?.title ?? '',
      nodes: nodes.slice(0, mostNodes).map((node) => ({
        name: node.name,
        presence: parts.presence(node),
        roles: node.roles,
        version: node.kubeletVersion ?? parts.fallbackVersion,
        summary: reports.node(node),
      })),
      nodesTotal: nodes.length,
      nodeListError: parts.nodeList().error,
      exclusions: parts.exclusions,
      troubles: parts
        .resources()
        .filter(({ state }) => ['denied', 'stale', 'unsynced'].includes(state.state))
        .map(({ resource, state }) => ({ name: resource, state: state.state, detail: state.detail ?? '' })),
      controls: reports.controls().filter((one) => one.status === 'fail' || one.status === 'error'),
    });
    return reply.type('text/html; charset=utf-8').send(text);
  });
};
