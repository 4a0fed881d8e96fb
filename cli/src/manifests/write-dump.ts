import { type ClusterObject, type ClusterView, type Json, resources, type Workload } from '@plumbline/core';
import { Document } from 'yaml';

/**
 * What controls read of the objects of a cluster, as YAML documents that the reader of manifests takes; nothing else of them is in it.
 * Pods that are alike are one.
 */
export function writeDump(view: ClusterView, comment: string): string {
  const known = resources.filter(({ name }) => name !== 'pods' && !name.startsWith('secrets/'));
  const objects = known.flatMap((resource) => {
    const version = resource.versions[0] ?? 'v1';
    const apiVersion = resource.group === '' ? version : `${resource.group}/${version}`;
    return [...view.all(resource.name)].sort(byName).map((one) => objectOf(apiVersion, one));
  });
  const pods = view.all('namespaces').flatMap(({ name }) => view.workloads(name).map(podOf));
  const documents = [...objects, ...pods].map((one) => new Document(one).toString({ lineWidth: 0 }));
  return `# ${comment}\n${documents.join('---\n')}`;
}

function byName(a: ClusterObject, b: ClusterObject): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}

function objectOf(apiVersion: string, one: ClusterObject): Json {
  const { kind, name, namespace, labels, annotations, created, fields } = one;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === '' ? {} : { namespace }),
      ...some({ labels, annotations }),
      ...(created === '' ? {} : { creationTimestamp: created }),
    },
    ...fields,
  };
}

/** Owners stand as they are meant, not as the controllers wrote them. */
function podOf({ namespace, owner, labels, annotations, spec, mirror }: Workload): Json {
  const own = owner.kind === 'Pod';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: owner.name,
      namespace,
      ...some({
        labels,
        annotations: { ...annotations, ...(mirror ? { 'kubernetes.io/config.mirror': 'recorded' } : {}) },
      }),
      ...(own ? {} : { ownerReferences: [{ kind: owner.kind, name: owner.name, controller: true }] }),
    },
    spec,
  };
}

function some(maps: Readonly<Record<string, Readonly<Record<string, string>>>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0));
}
