import { inContainer, inPod, type PodCheck, type Violation } from './check.ts';
import { exemptWindows } from './context-checks.ts';
import { type Container, objectIn, type Pod, textIn } from './pod.ts';

const ofPod = 'seccomp.security.alpha.kubernetes.io/pod';
const ofContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const field = 'securityContext.seccompProfile.type';
const reads = ['c:securityContext.seccompProfile', 'p:securityContext.seccompProfile', 'a:'];

/** A profile as field or annotation says it. */
interface Profile {
  readonly where: string;
  readonly value: string;
  readonly good: boolean;
}

function fromField(context: Container['context']): Profile | undefined {
  if (context['seccompProfile'] === undefined) return undefined;
  const value = textIn(objectIn(context, 'seccompProfile'), 'type') ?? '';
  return { where: field, value, good: value === 'RuntimeDefault' || value === 'Localhost' };
}

/**
 * Up to 1.18 annotations are all there is. Up to 1.26 the API server copies them to fields of new pods, which templates do not have yet; from 1.27 on
 * nobody reads them.
 */
function fromAnnotation({ annotations }: Pod, key: string, minor: number): Profile | undefined {
  const value = minor < 27 && Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (value === undefined) return undefined;
  const good = value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  return { where: `metadata.annotations[${key}]`, value, good };
}

function podProfile(pod: Pod, minor: number): Profile | undefined {
  const own = minor < 19 ? undefined : fromField(pod.context);
  return own ?? fromAnnotation(pod, ofPod, minor);
}

function profileOf(pod: Pod, container: Container, minor: number): Profile | undefined {
  const own = minor < 19 ? undefined : fromField(container.context);
  return own ?? fromAnnotation(pod, `${ofContainer}${container.name}`, minor);
}

/** A profile that is set has to be that of the runtime or one of the node. */
export const seccomp: PodCheck = {
  level: 'baseline',
  since: 0,
  reads,
  violations: (pod, minor) => explicit(pod, minor),
};

function explicit(pod: Pod, minor: number): readonly Violation[] {
  const own = podProfile(pod, minor);
  const found = own && !own.good ? [inPod(own.where, own.value)] : [];
  for (const container of pod.containers) {
    const profile = profileOf(pod, container, minor);
    if (profile && !profile.good) found.push(inContainer(container, profile.where, profile.value));
  }
  return found;
}

/** Every container has such a profile, its own or its pod's. As a check of Pod Security it exists from policy 1.19 on. */
export const seccompRestricted: PodCheck = {
  level: 'restricted',
  since: 19,
  replaces: 'seccomp',
  reads,
  violations: (pod, minor) => {
    if (exemptWindows(pod, minor)) return [];
    const own = podProfile(pod, minor)?.good === true;
    const unset = own ? [] : pod.containers.filter((one) => !profileOf(pod, one, minor));
    return [...explicit(pod, minor), ...unset.map((one) => inContainer(one, field, null))];
  },
};
