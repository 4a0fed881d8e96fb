import {
  type ClusterNode,
  type ClusterObject,
  type Control,
  constraintGroup,
  constraints,
  type Finding,
  groupPods,
  type Json,
  type JsonObject,
  judgeCluster,
  nodeView,
  type Pack,
  projectObject,
  projectPod,
  projectTemplate,
  type Resource,
  type ResourceState,
  resources,
  type StaticCluster,
  staticView,
} from '@plumbline/core';
import { type Case, observationsOf } from './world.ts';

/** What a case of a cluster control adds to a world: raw objects as the API serves them. */
export interface ClusterCase {
  /** Whole objects with `apiVersion` and `kind`; pods and things that make pods become workloads. */
  readonly objects?: readonly Json[];
  /** States of resources by name; otherwise known resources are synced, those of CRDs only where an object is given. */
  readonly resources?: Readonly<Record<string, ResourceState['state']>>;
  readonly system?: readonly string[];
  readonly exclude?: readonly string[];
  /** Other nodes: operating system, and a world of their own. The world of the case itself is the node `case`. */
  readonly nodes?: Readonly<Record<string, Partial<Case> & { readonly os?: string; readonly silent?: boolean }>>;
}

/** Judges one control of the cluster in the world of a case. */
export function judgeClusterCase(pack: Pack, control: Control, one: Case): readonly Finding[] {
  const params = one.params ? { params: { ...one.params } as Record<string, string> } : {};
  const entry = {
    number: '5.1.1',
    control: control.slug,
    level: '1',
    by: 'manual',
    role: 'cluster',
    ...params,
  } as const;
  const document = {
    benchmark: 'test/case',
    title: 'case',
    version: '0',
    published: '0',
    follows: null,
    kubernetes: { from: '1.0', to: '1.99' },
    total: '1',
    sections: {},
    controls: [entry],
  };
  return judgeCluster({
    pack: { ...pack, controls: new Map([[control.slug, control]]) },
    choice: { document, match: 'requested' },
    view: staticView(clusterOf(one)),
    version: one.minor,
    now: one.now ?? '2026-01-01T00:00:00.000Z',
    ...(one.system ? { system: one.system } : {}),
    ...(one.exclude ? { exclude: one.exclude } : {}),
  });
}

/** The cluster of a case: objects projected as everywhere else. */
export function clusterOf(one: ClusterCase & Partial<Case>): StaticCluster {
  const raw = (one.objects ?? []) as readonly JsonObject[];
  const objects = new Map<string, ClusterObject[]>();
  for (const object of raw) {
    const resource = resourceOfObject(object);
    const projected = resource && resource.name !== 'pods' ? projectObject(resource, object) : undefined;
    if (resource && projected) objects.set(resource.name, [...(objects.get(resource.name) ?? []), projected]);
  }
  const pods = raw.filter((object) => object['kind'] === 'Pod').flatMap((object) => projectPod(object) ?? []);
  const workloads = [...groupPods(pods), ...raw.flatMap((object) => projectTemplate(object) ?? [])];
  return { objects, workloads, states: statesOf(one, objects), nodes: nodesOf(one) };
}

function resourceOfObject(object: JsonObject): Resource | undefined {
  const version = String(object['apiVersion'] ?? 'v1');
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  if (group === constraintGroup) return { ...constraintResource, kind: String(object['kind']) };
  return resources.find(
    (one) => one.group === group && one.kind === object['kind'] && selects(one.fieldSelector, object['type']),
  );
}

/** Each kind of Gatekeeper constraint is a resource, and all are read as one. */
const constraintResource: Resource = {
  name: constraints,
  group: constraintGroup,
  versions: ['v1beta1'],
  plural: '*',
  kind: '',
  namespaced: false,
  depth: 'object',
  presence: 'crd',
};

function selects(selector: string | undefined, type: Json | undefined): boolean {
  return selector === undefined || selector === `type=${type}`;
}

function statesOf(one: ClusterCase, objects: ReadonlyMap<string, unknown>): ReadonlyMap<string, ResourceState> {
  return new Map(
    [...resources, constraintResource].map(({ name, presence }) => {
      const usual = presence === 'always' || presence === 'where-served' || objects.has(name) ? 'synced' : 'absent';
      const state = one.resources?.[name] ?? (presence === 'opt-in' && !objects.has(name) ? 'unasked' : usual);
      return [name, { state, ...(state === 'synced' ? {} : { detail: `${name} is ${state}` }) }];
    }),
  );
}

function nodesOf(one: ClusterCase & Partial<Case>): readonly ClusterNode[] {
  const others = Object.entries(one.nodes ?? {}).map(([name, node]) =>
    nodeOf(name, node.os ?? 'linux', node, node.silent !== true),
  );
  return one.run || one.facts || one.files ? [nodeOf('case', 'linux', one, true), ...others] : others;
}

function nodeOf(name: string, os: string, world: Partial<Case>, reporting: boolean): ClusterNode {
  const roles = world.run?.['kube-apiserver'] ? ['control-plane', 'node'] : ['node'];
  const observations = reporting ? observationsOf({ class: 'pass', says: '', expect: { status: '' }, ...world }) : [];
  return { name, os, roles, reporting, view: () => nodeView(name, observations) };
}
