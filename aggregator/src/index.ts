export { type Aggregator, startAggregator } from './aggregator.ts';
export type { ClusterSource } from './cluster/kube-client.ts';
export { type AggregatorOptions, readOptions } from './config.ts';
export { type Glimpse, glimpse } from './glimpse.ts';
