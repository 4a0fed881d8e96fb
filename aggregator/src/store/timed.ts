import type { Evidence, Observation } from '@plumbline/core';

/**
 * Evidence with the times of the observations it rests on, as of the moment of the finding. What has no observation of its own (a
 * setting) gets the time at which its instance was looked at.
 */
export function timed(
  evidence: readonly Evidence[],
  subject: string,
  observations: readonly Observation[],
): readonly Evidence[] {
  const times = new Map(observations.map((one) => [`${one.fact}\0${one.subject}`, one.observedAt]));
  const instance = times.get(`process\0${subject}`) ?? times.get('node.agent\0node');
  return evidence.map((one) => {
    const observedAt = times.get(`${one.fact}\0${one.subject}`) ?? instance;
    return observedAt === undefined ? one : { ...one, observedAt };
  });
}
