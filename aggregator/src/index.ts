export { type Aggregator, startAggregator } from './aggregator.ts';
export { type AggregatorOptions, readOptions } from './config.ts';
export type { ClusterSource } from './nodes/kube-client.ts';
