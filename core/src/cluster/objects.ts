import type { JsonObject } from '../json.ts';

/** What is kept of the metadata of any object. `annotations` holds only the keys that controls read. */
export interface Metadata {
  readonly name: string;
  /** '' for objects of the whole cluster. */
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO time, '' when the object does not say it. */
  readonly created: string;
}

/**
 * An object as controls read it: its metadata and the fields that its projection kept, in the shape the API has them (so that
 * evidence can name them). What had the wrong type is left out and named in `malformed`.
 */
export interface ClusterObject extends Metadata {
  readonly kind: string;
  readonly fields: JsonObject;
  readonly malformed?: readonly string[];
}

/** The controller at the top of a pod, as far as the pod itself tells. A pod without one is its own owner. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/**
 * Pods of one owner in one namespace that have the same specification and labels: what is judged instead of single pods. How many there
 * are is not kept: pods come and go all day, and no control asks for their number.
 * `template`: no pod runs yet, the specification is that of a manifest.
 */
export interface Workload {
  readonly namespace: string;
  readonly owner: Owner;
  readonly template: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Fields of the pod's `spec` that controls read. */
  readonly spec: JsonObject;
  /** Mirror of a static pod: the file of a node made it, no admission can refuse it. */
  readonly mirror: boolean;
  readonly malformed?: readonly string[];
}
