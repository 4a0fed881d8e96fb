import { at, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Owner, Workload } from '../objects.ts';
import { keep } from './keep.ts';
import { podSpec } from './masks.ts';
import { metadataOf } from './project.ts';

/** A pod as part of a workload: `counts` is false when it has ended. */
export interface ProjectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly counts: boolean;
  readonly workload: Workload;
}

/** Labels that the controllers make different for each pod; they would make a workload of every pod. */
const perPod: ReadonlySet<string> = new Set([
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'controller-revision-hash',
  'controller-uid',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
]);

/** Labels that are different for each Job of a CronJob. */
const perJob: ReadonlySet<string> = new Set(['batch.kubernetes.io/job-name', 'job-name']);

/** Projects a pod; undefined for what has no name. */
export function projectPod(object: JsonObject): ProjectedPod | undefined {
  const malformed: string[] = [];
  const metadata = metadataOf(object, malformed);
  if (!metadata) return undefined;
  const spec = alike(keptSpec(at(object, 'spec'), 'spec', malformed));
  const phase = at(object, 'status.phase');
  const annotations = metadata.annotations;
  const owner = ownerOf(object, metadata.name, metadata.labels);
  const differs = (key: string) => perPod.has(key) || (owner.kind === 'CronJob' && perJob.has(key));
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    counts: phase !== 'Succeeded' && phase !== 'Failed',
    workload: {
      namespace: metadata.namespace,
      owner,
      template: false,
      labels: Object.fromEntries(Object.entries(metadata.labels).filter(([key]) => !differs(key))),
      annotations: withoutMirror(annotations),
      spec: isJsonObject(spec) ? spec : {},
      mirror: 'kubernetes.io/config.mirror' in annotations,
      ...(malformed.length > 0 ? { malformed } : {}),
    },
  };
}

/** Manifests may name the account by the old `serviceAccount`, which the API server copies to `serviceAccountName`. */
function keptSpec(spec: Json | undefined, path: string, malformed: string[]): Json | undefined {
  const kept = keep(spec, podSpec, path, malformed);
  const old = at(spec, 'serviceAccount');
  if (!isJsonObject(kept) || kept['serviceAccountName'] || typeof old !== 'string' || old === '') return kept;
  return { ...kept, serviceAccountName: old };
}

const tokenVolume = /^kube-api-access-[a-z0-9]{5}$/;

/** The volume of the token that admission adds has a random name in each pod; without it, pods of one owner are alike. */
function alike(spec: Json | undefined): Json | undefined {
  const volumes = at(spec, 'volumes');
  if (!isJsonObject(spec) || !Array.isArray(volumes)) return spec;
  const renamed = (one: Json): Json =>
    isJsonObject(one) && tokenVolume.test(String(one['name'])) ? { ...one, name: 'kube-api-access' } : one;
  const mounts = (container: Json): Json => {
    const list = at(container, 'volumeMounts');
    return isJsonObject(container) && Array.isArray(list)
      ? { ...container, volumeMounts: list.map(renamed) }
      : container;
  };
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((key) => {
    const list = spec[key];
    return Array.isArray(list) ? [[key, list.map(mounts)] as const] : [];
  });
  return { ...spec, ...Object.fromEntries(containers), volumes: volumes.map(renamed) };
}

/** Their values are hashes of one pod. */
function withoutMirror(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith('kubernetes.io/config.')));
}

/**
 * The topmost owner that the pod itself tells: the Deployment of a ReplicaSet by the hash that both names carry, the CronJob of a Job
 * by the minutes at the end of its name. A static pod is its own owner.
 */
function ownerOf(object: JsonObject, pod: string, labels: Readonly<Record<string, string>>): Owner {
  const references = at(object, 'metadata.ownerReferences');
  const own: Json | undefined = (Array.isArray(references) ? references : []).find(
    (one: Json) => isJsonObject(one) && one['controller'] === true,
  );
  const kind = at(own, 'kind');
  const name = at(own, 'name');
  if (typeof kind !== 'string' || typeof name !== 'string' || kind === 'Node') return { kind: 'Pod', name: pod };
  const hash = labels['pod-template-hash'];
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', name: name.slice(0, -hash.length - 1) };
  }
  const minutes = kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(name)?.[1] : undefined;
  return minutes === undefined ? { kind, name } : { kind: 'CronJob', name: minutes };
}

/** Where the kinds that make pods keep the template of them. */
const templates: Readonly<Record<string, string>> = {
  Deployment: 'spec.template',
  ReplicaSet: 'spec.template',
  ReplicationController: 'spec.template',
  StatefulSet: 'spec.template',
  DaemonSet: 'spec.template',
  Job: 'spec.template',
  CronJob: 'spec.jobTemplate.spec.template',
};

/** The workload that a manifest would make; undefined for kinds that make none. `namespace` where the manifest names none. */
export function projectTemplate(object: JsonObject, namespace = 'default'): Workload | undefined {
  const kind = at(object, 'kind');
  const path = typeof kind === 'string' && Object.hasOwn(templates, kind) ? templates[kind] : undefined;
  const malformed: string[] = [];
  const metadata = metadataOf(object, malformed);
  if (!path || typeof kind !== 'string' || !metadata) return undefined;
  const template = at(object, path);
  const pod = isJsonObject(template) ? template : {};
  const inner = metadataOf({ metadata: { name: 'template', ...objectOf(pod['metadata']) } }, malformed);
  const spec = keptSpec(pod['spec'], `${path}.spec`, malformed);
  return {
    namespace: metadata.namespace || namespace,
    owner: { kind, name: metadata.name },
    template: true,
    labels: inner?.labels ?? {},
    annotations: inner?.annotations ?? {},
    spec: isJsonObject(spec) ? spec : {},
    mirror: false,
    ...(malformed.length > 0 ? { malformed } : {}),
  };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Every workload alike has the same key: owner, labels, annotations and specification. */
export function workloadKey({ owner, labels, annotations, spec, mirror, malformed }: Workload): string {
  return JSON.stringify([owner.kind, owner.name, mirror, labels, annotations, spec, malformed ?? []]);
}
