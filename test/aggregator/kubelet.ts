import type { ConfigAge, Json, Observation } from '@plumbline/core';
import { after, observations } from './world.ts';

export const kubeletSubject = 'kubelet@here';

/** What a node shows of its kubelet: what its file says of anonymous requests, its process, and which of them is younger. */
export interface KubeletShown {
  readonly anonymous: boolean | 'gone';
  readonly pid?: number;
  readonly age?: ConfigAge;
}

/** The observations of such a node. */
export function kubelet({ anonymous, pid = 1, age = 'before-start' }: KubeletShown): readonly Observation[] {
  const see = (fact: string, value: Json): Observation => ({
    fact,
    subject: kubeletSubject,
    state: 'observed',
    value,
    observedAt: after(0),
  });
  const document = { authentication: { anonymous: { enabled: anonymous } } };
  return [
    ...observations().filter((one) => one.fact !== 'process'),
    see('process', {
      component: 'kubelet',
      argv: ['kubelet', '--config=/var/lib/kubelet/config.yaml'],
      environment: {},
      environmentFrom: 'process',
    }),
    see('process.instance', { pid, startTime: '5' }),
    anonymous === 'gone'
      ? { fact: 'kubelet.config', subject: kubeletSubject, state: 'absent', detail: 'gone', observedAt: after(0) }
      : see('kubelet.config', {
          path: '/var/lib/kubelet/config.yaml',
          asSeen: '/var/lib/kubelet/config.yaml',
          document,
        }),
    see('config.age', { facts: { 'kubelet.config': age } }),
  ];
}
