import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../kube-writer.ts';
import type { Verdicts } from '../object-poller.ts';

/**
 * One way to break a control and to keep it, by objects alone. Every verdict that differs from the baseline is listed, no other may differ.
 * What the good objects do not repeat is deleted; afterwards every verdict is that of the baseline again.
 */
export interface ObjectChange {
  readonly name: string;
  readonly bad: string;
  readonly seen: Verdicts;
  readonly good: string;
  readonly kept: Verdicts;
}

/** Objects of a YAML text. */
export function objectsOf(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).flatMap((one) => {
    const object = one.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

/** Where things change: nothing restricts its pods, and one pod runs there that breaks nothing. */
export const open = 'plumbline-open';

/** The security context of a container that asks for nothing. */
export const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod that is never scheduled and breaks nothing but what is written over it. Windows pods know less than those of Linux. */
export function pod(
  name: string,
  given: {
    readonly spec?: string;
    readonly container?: string;
    readonly own?: string;
    readonly namespace?: string;
  } = {},
): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${given.namespace ?? open}}
spec:
  nodeSelector: {plumbline.test/nowhere: "true"}
  automountServiceAccountToken: false
  ${given.spec ?? ''}
  containers:
    - name: main
      image: plumbline.test/none
      ${given.container ?? ''}
      securityContext: ${given.own ?? JSON.stringify(restricted)}
`;
}

/** What is there before the first change and stays until the last; deleted objects of it come back as they are here. */
export const fixture = `
{apiVersion: v1, kind: Namespace, metadata: {name: ${open}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: ${open}}}
---
${pod('bystander')}
`;
