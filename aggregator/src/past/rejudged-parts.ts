import type { ApiParts, RejudgedParts } from '../api/parts.ts';
import type { Past } from '../store/past.ts';
import { coverage } from '../waivers/coverage.ts';
import type { Rejudged } from './rejudge.ts';

/** What the API shows of a moment that was judged once more. Observations are those of then. */
export function rejudgedParts(
  { at, store, nodes, versions, resources }: Rejudged,
  past: Pick<Past, 'observations'>,
  now: Pick<ApiParts, 'resources' | 'decisions' | 'clusterName' | 'clock'>,
): RejudgedParts {
  const { decisions, clusterName, clock } = now;
  const byName = new Map(nodes.map((one) => [one.name, one]));
  const names = new Map(store.nodes.all().map((one) => [one.id, one.name]));
  return {
    at,
    isRejudged: true,
    queries: {
      ...store.queries,
      observations: (node) => past.observations(byName.get(names.get(node) ?? null)?.id ?? -1, at),
    },
    nodes: store.nodes.all,
    presence: ({ name }) => byName.get(name)?.silence ?? 'reporting',
    controlPlaneVersion: () => versions.controlPlane ?? null,
    controlPlaneFrom: () => versions.source ?? null,
    // A recording has no states of its own.
    resources: resources.length === 0 ? now.resources : () => resources.map((one) => ({ ...one, lastEventAt: null })),
    generation: () => at,
    // What people decided until then holds of these verdicts as of any.
    coverage: coverage({
      ...{ decisions, clusterName, clock, queries: store.queries, nodes: store.nodes.all, generation: () => at },
    }),
  };
}
