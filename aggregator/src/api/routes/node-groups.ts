import { factChanges, originText } from '@plumbline/core';
import Type from 'typebox';
import { invalid, Paging, text } from '../filters.ts';
import { decoded } from '../finding-id.ts';
import { type CommonFacts, type NodeGroup, nodeGroups } from '../groups/groups.ts';
import { About, OriginAnswer } from '../schemas.ts';
import type { Route } from './route.ts';
import { mutable } from './summary.ts';

const mostNodes = 50;
/** Facts and values of each that are named. */
const mostDifferences = 20;
const Text = Type.String();

const Group = Type.Object({
  digest: Type.String({ description: 'Equal for nodes that are alike, as long as they are' }),
  nodesTotal: Type.Integer(),
  nodes: Type.Array(Text, { description: 'At most 50' }),
  roles: Type.Array(Text, { description: 'Roles of the first of them' }),
  differences: Type.Array(
    Type.Object({
      fact: Text,
      subject: Text,
      key: Text,
      biggest: Type.Unknown(),
      here: Type.Unknown(),
      origin: OriginAnswer,
    }),
    { description: 'What tells them from the biggest group, at most 20 values' },
  ),
  differencesTotal: Type.Integer({ description: 'Facts that differ' }),
});

/** Nodes that are set up alike. */
export const nodeGroupRoutes: Route = (server, parts, reports) => {
  const groupsOf = nodeGroups(parts.drift);
  server.get(
    '/api/v1/node-groups',
    {
      schema: {
        summary: 'Nodes by identical facts, the biggest group first, and what tells the others from it',
        description:
          'Names, addresses, unique ids, random names of pods, process ids and the dates and keys of certificates that are no authority do not count.',
        querystring: Type.Object(
          { role: text('Nodes of this role alone, such as control-plane'), ...Paging },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            ...About.properties,
            groups: Type.Array(Group),
            groupsTotal: Type.Integer(),
            nodesTotal: Type.Integer(),
            unobserved: Type.Integer({ description: 'Nodes of which nothing is known' }),
            nextCursor: Type.Union([Text, Type.Null()]),
          }),
        },
      },
    },
    async ({ query: { role, cursor, limit } }) => {
      const nodes = reports.nodes().filter((node) => role === undefined || node.roles.includes(role));
      const { groups, unobserved } = await groupsOf.of(nodes);
      const offset = offsetOf(cursor);
      const page = groups.slice(offset, offset + limit);
      const [first] = groups[0]?.nodes ?? [];
      const biggest = first && groupsOf.facts(first);
      const next = offset + page.length;
      return {
        ...mutable(reports),
        groups: page.map((group) => answerOf(group, biggest)),
        groupsTotal: groups.length,
        nodesTotal: nodes.length,
        unobserved: unobserved.length,
        nextCursor: next < groups.length ? Buffer.from(JSON.stringify(next)).toString('base64url') : null,
      };
    },
  );

  function answerOf({ digest, nodes }: NodeGroup, biggest: CommonFacts | undefined) {
    const [first] = nodes;
    return {
      digest,
      nodesTotal: nodes.length,
      nodes: nodes.slice(0, mostNodes).map((node) => node.name),
      roles: [...(first?.roles ?? [])],
      ...differencesOf(biggest ?? new Map(), first ? groupsOf.facts(first) : new Map()),
    };
  }
};

function differencesOf(biggest: CommonFacts, here: CommonFacts) {
  const found = new Map([...biggest, ...here]);
  let differencesTotal = 0;
  const differences = [...found].flatMap(([key, place]) => {
    const { changes } = factChanges(place, biggest.get(key) ?? null, here.get(key) ?? null);
    if (changes.length > 0) differencesTotal++;
    return differencesTotal > mostDifferences ? [] : changes.slice(0, mostDifferences).map((one) => ({ place, one }));
  });
  return {
    differences: differences.slice(0, mostDifferences).map(({ place, one }) => ({
      ...{ fact: place.fact, subject: place.subject, key: one.key, biggest: one.from, here: one.to },
      origin: { ...one.origin, text: originText(one.origin) },
    })),
    differencesTotal,
  };
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const offset = decoded(cursor);
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw invalid('The parameter cursor is none that an answer gave.');
}
