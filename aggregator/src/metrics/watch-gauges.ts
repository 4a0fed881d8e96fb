import type { RequestCount } from '../cluster/kube-client.ts';
import type { NamedReport } from '../nodes/follow-cluster.ts';
import type { MetricMaker } from './maker.ts';

/** How the cluster is watched. */
export interface WatchSources {
  /** How every watched resource is doing; empty without a cluster. */
  readonly watches: () => readonly NamedReport[];
  /** Requests to the API server so far. */
  readonly requests: () => readonly RequestCount[];
}

/** Resources are ours, never the cluster's: every kind of constraint counts as one. */
export function watchGauges(make: MetricMaker, sources: WatchSources): void {
  make.gauge(
    'plumbline_api_watch_last_event_timestamp_seconds',
    'Last sign of life of a watch, bookmarks included.',
    ['resource'],
    (set) => {
      for (const { resource, lastEventAt } of sources.watches()) {
        if (lastEventAt !== null) set({ resource }, lastEventAt / 1000);
      }
    },
  );
  make.gauge(
    'plumbline_api_resource_state',
    'How well a resource is known: 1 for its state.',
    ['resource', 'state'],
    (set) => {
      for (const { resource, state } of sources.watches()) set({ resource, state: state.state }, 1);
    },
  );
  make.gauge(
    'plumbline_api_objects',
    'Objects kept of a resource, of pods those that count; absent where it is not known.',
    ['resource'],
    (set) => {
      for (const { resource, state, objects } of sources.watches()) {
        if (state.state === 'synced' || state.state === 'stale') set({ resource }, objects);
      }
    },
  );
  make.counted('plumbline_api_requests_total', 'Requests to the API server.', ['verb', 'resource'], (add) => {
    for (const { verb, resource, count } of sources.requests()) add({ verb, resource }, count);
  });
}
