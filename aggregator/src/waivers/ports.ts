import type { ApiParts } from '../api/parts.ts';
import type { Store } from '../store/store.ts';
import { coverage } from './coverage.ts';
import { standing } from './standing.ts';

/** Decisions of a store with what they cover, kept in step with its verdicts. */
export function decisionPorts(
  store: Store,
  clusterName: string | null,
  clock: () => number,
): Pick<ApiParts, 'decisions' | 'coverage' | 'standing' | 'audit'> {
  const { decisions, audit, queries, generation } = store;
  const cover = coverage({ decisions, queries, nodes: store.nodes.all, clusterName, clock, generation });
  store.onJudged(cover.judged);
  return { decisions, audit, coverage: cover, standing: standing(decisions, cover, clock) };
}
