import { PlumblineError, type Summary } from '@plumbline/core';
import Type from 'typebox';
import type { NodeRecord } from '../../store/node-table.ts';
import { At, instant, Paging } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { worstMatch } from '../reports.ts';
import { NodeAnswer, NodesAnswer } from '../schemas.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

/** The nodes and how each stands. */
export const nodeRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/nodes',
    {
      schema: {
        summary: 'Nodes by name, silent ones included',
        querystring: Type.Object({ at: At, ...Paging }, { additionalProperties: false }),
        response: { 200: NodesAnswer },
      },
    },
    ({ query }) => {
      const at = instant(query.at);
      const after = query.cursor ?? '';
      const all = reports
        .nodes(at)
        .filter((node) => node.name > after)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = all.slice(0, query.limit);
      return {
        ...mutable(reports, at),
        nodes: page.map((node) => nodeOf(parts, node, reports.node(node, at))),
        nextCursor: all.length > page.length ? (page.at(-1)?.name ?? null) : null,
      };
    },
  );
  server.get(
    '/api/v1/nodes/:name',
    {
      schema: {
        summary: 'One node',
        params: Type.Object({ name: Type.String() }),
        querystring: Type.Object({ at: At }, { additionalProperties: false }),
        response: { 200: NodeAnswer },
      },
    },
    ({ params, query }) => {
      const at = instant(query.at);
      const node = reports.nodes(at).find((one) => one.name === params.name);
      if (!node) throw new PlumblineError('PLB_NOT_FOUND', `There is no node ${params.name}.`);
      const { uid, providerId, labels } = node;
      const summary = reports.node(node, at);
      return {
        ...mutable(reports, at),
        node: { ...nodeOf(parts, node, summary), summary, uid, providerId, labels: [...labels] },
      };
    },
  );
};

function nodeOf(parts: ApiParts, node: NodeRecord, summary: Summary) {
  const { documents } = node;
  return {
    name: node.name,
    presence: parts.presence(node),
    roles: [...node.roles],
    platform: node.platform,
    kubeletVersion: node.kubeletVersion ?? parts.fallbackVersion,
    benchmark: documents?.node.benchmark ?? null,
    controlPlaneBenchmark: documents?.controlPlane.benchmark ?? null,
    benchmarkMatch: documents ? worstMatch([documents.node.match, documents.controlPlane.match]) : null,
    agentVersion: node.agentVersion,
    firstSeen: iso(node.firstSeen),
    lastReceived: iso(node.lastReceived),
    listed: node.listed,
    clockSkewSeconds: parts.clockSkew(node.name),
    storedBytes: node.storedBytes,
    summary,
  };
}
