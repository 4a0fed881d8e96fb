import type { ComponentValue, PlatformValue } from './facts.ts';
import type { Json } from './json.ts';
import type { Observation } from './observation.ts';
import { hasShape } from './shapes.ts';

/** All observations of one node, by fact and subject. */
export interface NodeView {
  readonly node: string;
  get(fact: string, subject: string): Observation | undefined;
  /** Every observation of a fact, in the order of the subjects. */
  all(fact: string): readonly Observation[];
}

/**
 * Indexes the observations of one node. A repeated (fact, subject) keeps the last. A value without the shape of its fact counts as
 * `malformed`: nothing can be judged by it, and nothing may pass for want of a field.
 */
export function nodeView(node: string, observations: Iterable<Observation>): NodeView {
  const index = new Map<string, Map<string, Observation>>();
  for (const observation of observations) {
    const subjects = index.get(observation.fact) ?? new Map<string, Observation>();
    index.set(observation.fact, subjects);
    subjects.set(observation.subject, checked(observation));
  }
  return {
    node,
    get: (fact, subject) => index.get(fact)?.get(subject),
    all: (fact) => [...(index.get(fact)?.values() ?? [])].sort((a, b) => (a.subject < b.subject ? -1 : 1)),
  };
}

function checked(observation: Observation): Observation {
  const { value, state, ...rest } = observation;
  if (state !== 'observed' || (value !== undefined && hasShape(observation.fact, value))) return observation;
  return {
    ...rest,
    state: 'malformed',
    detail: `the value of ${rest.fact} of ${rest.subject} has not the shape of its fact`,
  };
}

/**
 * The value of an observation in the shape the dictionary gives for its fact, undefined unless observed. The view has checked the
 * fields that judging reads, so the cast is behind a check.
 */
export function observedValue<T>(observation: Observation | undefined): T | undefined {
  if (observation?.state !== 'observed' || observation.value === undefined) return undefined;
  return observation.value as Json as T;
}

/** Subjects of the genuine running instances of a component; empty when none or unknown. */
export function instancesOf(view: NodeView, component: string): readonly string[] {
  return observedValue<ComponentValue>(view.get('component', component))?.instances ?? [];
}

/** The platform that a node is taken for until its own is known. */
export const usualPlatform = 'kubeadm';

/** The platform of the node; undefined where it was not observed. */
export function platformOf(view: NodeView): string | undefined {
  return observedValue<PlatformValue>(view.get('node.platform', 'node'))?.platform;
}
