import { type ConfigAgeValue, observedValue } from '@plumbline/core';
import type { Store } from '../store/store.ts';

/**
 * Is a configuration file of this node younger than the process that reads it? Then its verdicts follow from its history too, and nodes
 * with the same facts need not be alike.
 */
export function changedSinceStart(store: Pick<Store, 'fact'>, node: string): boolean {
  return store
    .fact(node, 'config.age')
    .read()
    .some((one) =>
      Object.values(observedValue<ConfigAgeValue>(one)?.facts ?? {}).some((age) => age !== 'before-start'),
    );
}
