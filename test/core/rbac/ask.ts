import {
  type ClusterObject,
  type JsonObject,
  projectObject,
  type ResourceState,
  resourceOf,
  staticView,
} from '@plumbline/core';
import { readGrantee } from '../../../core/src/cluster/rbac/grantee.ts';
import { type RbacGraph, rbacGraph, rbacResources, throughWhat } from '../../../core/src/cluster/rbac/graph.ts';
import type { Attributes } from './authorizer.ts';

/** The graph of raw objects. */
export function graphOf(raw: readonly JsonObject[]): RbacGraph {
  const objects = new Map<string, ClusterObject[]>();
  for (const one of raw) {
    const name = `${String(one['kind']).toLowerCase()}s`;
    const resource = resourceOf(name);
    const projected = resource && projectObject(resource, one);
    if (projected) objects.set(name, [...(objects.get(name) ?? []), projected]);
  }
  const states = new Map<string, ResourceState>(rbacResources.map((name) => [name, { state: 'synced' }]));
  const view = staticView({ objects, workloads: [], states, nodes: [] });
  return rbacGraph({ view, shared: (_key, _resources, compute) => compute() });
}

const keyOf = (kind: string, name: string) => readGrantee({ kind, name }, '')?.key ?? '';
const keysOf = ({ user, groups }: Attributes) => [keyOf('User', user), ...groups.map((name) => keyOf('Group', name))];

/** What our graph answers to a request. */
export function allowed(graph: RbacGraph, asked: Attributes): boolean {
  const { verb, group, resource, subresource, name, namespace, path } = asked;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const request = { verb, apiGroup: group, resource: whole, name, namespace, ...(path ? { path } : {}) };
  return throughWhat(graph, keysOf(asked), request).length > 0;
}
