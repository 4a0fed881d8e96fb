import {
  type ClusterObject,
  constraintGroup,
  constraints,
  type JsonObject,
  projectObject,
  type Resource,
} from '@plumbline/core';

/** Where a resource is asked for, in every version that is understood, best first. */
export function pathsOf({ group, versions, plural }: Resource): readonly string[] {
  const root = group === '' ? '/api' : `/apis/${group}`;
  return versions.map((version) => `${root}/${version}/${plural}`);
}

/** Name of the CRD that brings a resource. */
export function crdOf({ plural, group }: Resource): string {
  return `${plural}.${group}`;
}

/** The resource of one kind of Gatekeeper constraint, by the name of its CRD; undefined for any other CRD. */
export function constraintOf(crd: string): Resource | undefined {
  const plural = crd.slice(0, -constraintGroup.length - 1);
  // The name becomes part of a path; the API server lets only such names in.
  if (!crd.endsWith(`.${constraintGroup}`) || !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(plural)) return undefined;
  return {
    name: constraints,
    group: constraintGroup,
    versions: ['v1beta1', 'v1alpha1'],
    plural,
    kind: '',
    namespaced: false,
    depth: 'object',
    presence: 'crd',
  };
}

/** Keeps of a constraint what others keep, with the kind that the object itself tells. */
export function projectConstraint(resource: Resource, object: JsonObject): ClusterObject | undefined {
  const kind = object['kind'];
  return projectObject({ ...resource, kind: typeof kind === 'string' ? kind.slice(0, 253) : '' }, object);
}
