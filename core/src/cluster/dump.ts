import { at, isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { ClusterNode, ResourceState } from './cluster-view.ts';
import type { ClusterObject, Workload } from './objects.ts';
import { projectObject } from './project/project.ts';
import { projectPod, projectTemplate } from './project/workload.ts';
import { type Resource, resources } from './resources.ts';
import { groupPods, type StaticCluster } from './static-view.ts';

/** What objects that lie in files amount to. */
export interface Dump {
  readonly objects: ReadonlyMap<string, readonly ClusterObject[]>;
  readonly workloads: readonly Workload[];
  /** Namespaces that are among the objects only because others name them. */
  readonly mentioned: ReadonlySet<string>;
  /** Kinds that no control reads, with how many there were; objects without a name under ''. */
  readonly unread: ReadonlyMap<string, number>;
}

const mostNested = 8;

/** Reads whole objects with `apiVersion` and `kind`, lists of them too. Namespaces that are only mentioned exist all the same. */
export function projectDump(given: Iterable<JsonObject>): Dump {
  const kept = new Map<string, Map<string, ClusterObject>>();
  const pods: JsonObject[] = [];
  const templates: Workload[] = [];
  const unread = new Map<string, number>();
  for (const object of flattened(given, 0)) {
    const resource = resourceOfObject(object);
    if (resource?.name === 'pods') pods.push(placed(object));
    else if (resource) keep(kept, unread, resource, resource.namespaced ? placed(object) : object);
    else if (!keepTemplate(templates, object)) count(unread, String(object['kind']));
  }
  const objects = new Map([...kept].map(([name, list]) => [name, [...list.values()]]));
  const projected = pods.flatMap((pod) => projectPod(pod) ?? unnamed(unread));
  const running = groupPods(projected);
  const owners = new Set(running.map(ownerKey));
  const workloads = [...running, ...templates.filter((one) => !owners.has(ownerKey(one)))];
  const mentioned = mentionedIn(objects, workloads);
  const empty = { kind: 'Namespace', namespace: '', uid: '', labels: {}, annotations: {}, created: '', fields: {} };
  const more = [...mentioned].sort().map((name) => ({ ...empty, name }));
  objects.set('namespaces', [...(objects.get('namespaces') ?? []), ...more]);
  return { objects, workloads, mentioned, unread };
}

/** How a dump is meant: all of a cluster, or some manifests that will become a part of one. */
export type DumpScope = 'cluster' | 'manifests';

/** The cluster of a dump. What manifests never hold is not known then; what they might hold and do not is not there. */
export function dumpedCluster(dump: Dump, scope: DumpScope, nodes: readonly ClusterNode[] = []): StaticCluster {
  const states = new Map(resources.map((one) => [one.name, stateOf(one, dump, scope)]));
  return { objects: dump.objects, workloads: dump.workloads, states, nodes };
}

/** Resources of which a dump itself holds something; `pods` where it makes any. */
export function dumpedResources({ objects, workloads, mentioned }: Dump): ReadonlySet<string> {
  const own = (list: readonly ClusterObject[], name: string) =>
    list.length > (name === 'namespaces' ? mentioned.size : 0);
  const held = new Set([...objects].filter(([name, list]) => own(list, name)).map(([name]) => name));
  if (workloads.length > 0) held.add('pods');
  return held;
}

function stateOf({ name, presence }: Resource, dump: Dump, scope: DumpScope): ResourceState {
  if (dump.objects.has(name)) return { state: 'synced' };
  if (scope === 'manifests' && name === 'certificatesigningrequests') {
    return { state: 'unconnected', detail: 'manifests hold none; no API server is asked' };
  }
  if (presence === 'opt-in') return { state: 'unasked', detail: 'secrets are not looked at' };
  return presence === 'crd' ? { state: 'absent' } : { state: 'synced' };
}

function* flattened(given: Iterable<Json>, depth: number): Generator<JsonObject> {
  for (const object of given) {
    if (!isJsonObject(object)) continue;
    const items = object['items'];
    const list = String(object['kind']).endsWith('List') && Array.isArray(items);
    if (!list) yield object;
    else if (depth < mostNested)
      yield* flattened(
        (items as readonly Json[]).map((one) => itemOf(object, one)),
        depth + 1,
      );
  }
}

/** Items of a list that the API server wrote say neither their kind nor their version. */
function itemOf(list: JsonObject, item: Json): Json {
  if (!isJsonObject(item) || typeof item['kind'] === 'string') return item;
  return { ...item, apiVersion: list['apiVersion'] ?? 'v1', kind: String(list['kind']).slice(0, -'List'.length) };
}

/** An object without a namespace lands in `default`. */
function placed(object: JsonObject): JsonObject {
  const namespace = at(object, 'metadata.namespace');
  if (typeof namespace === 'string' && namespace !== '') return object;
  const metadata = object['metadata'];
  return { ...object, metadata: { ...(isJsonObject(metadata) ? metadata : {}), namespace: 'default' } };
}

function resourceOfObject(object: JsonObject): Resource | undefined {
  const version = String(object['apiVersion']);
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  const fits = (one: Resource) => one.group === group && one.kind === object['kind'];
  return resources.find(
    (one) => fits(one) && (one.fieldSelector === undefined || one.fieldSelector === `type=${object['type']}`),
  );
}

function keep(
  kept: Map<string, Map<string, ClusterObject>>,
  unread: Map<string, number>,
  resource: Resource,
  object: JsonObject,
): void {
  const one = projectObject(resource, object);
  if (!one) {
    count(unread, '');
    return;
  }
  const list = kept.get(resource.name) ?? new Map<string, ClusterObject>();
  // The same object twice: the last counts, as it does when they are applied in turn.
  kept.set(resource.name, list.set(`${one.namespace}/${one.name}`, one));
}

/** True for what makes pods. What a controller made is the controller's. */
function keepTemplate(templates: Workload[], object: JsonObject): boolean {
  const template = projectTemplate(object);
  const owners = at(object, 'metadata.ownerReferences');
  const owned = Array.isArray(owners) && owners.some((one) => isJsonObject(one) && one['controller'] === true);
  if (template && !owned) templates.push(template);
  return template !== undefined;
}

function ownerKey({ namespace, owner }: Workload): string {
  return `${namespace} ${owner.kind} ${owner.name}`;
}

function unnamed(unread: Map<string, number>): [] {
  count(unread, '');
  return [];
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mentionedIn(
  objects: ReadonlyMap<string, readonly ClusterObject[]>,
  workloads: readonly Workload[],
): ReadonlySet<string> {
  const names = new Set([...objects.values()].flat().map((one) => one.namespace));
  for (const one of workloads) names.add(one.namespace);
  for (const one of objects.get('namespaces') ?? []) names.delete(one.name);
  names.delete('');
  return names;
}
