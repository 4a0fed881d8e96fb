import type { Json, JsonObject } from '../../json.ts';
import type { Container, Pod } from './pod.ts';

/** A field that breaks a check. `container` '' and `list` '' where it is a field of the pod. `value` null: it is not set. */
export interface Violation {
  readonly list: Container['list'] | '';
  readonly container: string;
  /** Below the container, or below `spec` (`metadata` for annotations). */
  readonly field: string;
  readonly value: Json;
}

/**
 * One check of the Pod Security Standards (k8s.io/pod-security-admission/policy), pure. `level`: the level that holds pods to it; `own` where no
 * level has it by itself. `since`: the policy minor 1.N from which it exists.
 */
export interface PodCheck {
  readonly level: 'baseline' | 'restricted' | 'own';
  readonly since: number;
  /** The check of a lower level that is not asked any more where this one is. */
  readonly replaces?: string;
  /** Fields it reads: below a container (`c:`), below `spec` (`p:`), or `metadata.annotations` (`a:`). */
  readonly reads: readonly string[];
  readonly violations: (pod: Pod, minor: number) => readonly Violation[];
}

/** A field of a container. */
export function inContainer({ list, name }: Container, field: string, value: Json | undefined): Violation {
  return { list, container: name, field, value: value ?? null };
}

/** A field of the pod. */
export function inPod(field: string, value: Json | undefined): Violation {
  return { list: '', container: '', field, value: value ?? null };
}

/** What `look` finds in any container, and what it finds in the security context of the pod. */
export function inContexts(pod: Pod, look: (context: JsonObject) => readonly [string, Json] | undefined): Violation[] {
  const own = look(pod.context);
  const found = own ? [inPod(`securityContext.${own[0]}`, own[1])] : [];
  for (const container of pod.containers) {
    const inner = look(container.context);
    if (inner) found.push(inContainer(container, `securityContext.${inner[0]}`, inner[1]));
  }
  return found;
}
