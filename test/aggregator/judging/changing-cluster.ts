import { type ClusterView, type JsonObject, type ResourceState, staticView } from '@plumbline/core';
import type { JudgedCluster } from '../../../aggregator/src/judging/judged-cluster.ts';
import { clusterOf } from '../../cases/cluster-world.ts';

type Listener = Parameters<JudgedCluster['onChange']>[0];

/** A cluster that a test changes object by object, and that tells of each change as a live one does. */
export interface ChangingCluster extends JudgedCluster {
  put(object: JsonObject): void;
  remove(object: JsonObject): void;
  state(resource: string, state: ResourceState['state']): void;
  /** Nobody may look at what was not told: the view as of now, without a memory. */
  snapshot(): ClusterView;
  sync(): void;
}

/** An empty cluster that is not synced yet. */
export function changingCluster(): ChangingCluster {
  const objects = new Map<string, JsonObject>();
  const states: Record<string, ResourceState['state']> = {};
  const generations = new Map<string, number>();
  const listeners: Listener[] = [];
  const synced = Promise.withResolvers<void>();
  const nodes = { one: { os: 'linux', silent: true } };
  let view = staticView(clusterOf({ nodes }));
  const tell = (resource: string, namespace: string | null) => {
    view = staticView(clusterOf({ objects: [...objects.values()], resources: states, nodes }));
    generations.set(resource, (generations.get(resource) ?? 0) + 1);
    for (const listener of listeners) listener({ resource, namespace });
  };
  const place = (object: JsonObject) => {
    const { name, namespace = '' } = object['metadata'] as { name: string; namespace?: string };
    const resource = `${String(object['kind']).toLowerCase()}s`.replace('policys', 'policies');
    return {
      resource,
      key: `${resource}/${namespace}/${name}`,
      told: resource === 'namespaces' ? name : namespace || null,
    };
  };
  return {
    synced: synced.promise,
    sync: synced.resolve,
    onChange: (listener) => void listeners.push(listener),
    snapshot: () => view,
    view: {
      state: (name) => view.state(name),
      all: (name) => view.all(name),
      within: (name, namespace) => view.within(name, namespace),
      get: (name, namespace, object) => view.get(name, namespace, object),
      workloads: (namespace) => view.workloads(namespace),
      nodes: () => view.nodes(),
      generation: (name) => generations.get(name) ?? 0,
    },
    put(object) {
      const { resource, key, told } = place(object);
      objects.set(key, object);
      tell(resource, told);
    },
    remove(object) {
      const { resource, key, told } = place(object);
      if (objects.delete(key)) tell(resource, told);
    },
    state(resource, state) {
      states[resource] = state;
      tell(resource, null);
    },
  };
}

/** A namespace. */
export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels } } };
}

/** A pod of one container. */
export function pod(space: string, name: string, privileged: boolean): JsonObject {
  const containers = [{ name: 'app', image: 'app:1', securityContext: { privileged } }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space }, spec: { containers } };
}

/** A binding of a user to a cluster role. */
export function clusterBinding(name: string, role: string, user: string): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}

/** A pod that asks for a node of Windows. */
export function windowsPod(space: string, name: string): JsonObject {
  const spec = { nodeSelector: { 'kubernetes.io/os': 'windows' }, containers: [{ name: 'app', image: 'app:1' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space }, spec };
}

/** A binding in one namespace of the default account of another to a cluster role. */
export function binding(space: string, name: string, role: string, from: string): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace: space },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: from }],
  };
}

/** A role that allows something. */
export function clusterRole(name: string): JsonObject {
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
}

/** A service account that mounts its token, or does not. */
export function account(space: string, name: string, mounts: boolean): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: space },
    automountServiceAccountToken: mounts,
  };
}
