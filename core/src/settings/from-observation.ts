import type { ConfigValue } from '../facts.ts';
import type { JsonObject } from '../json.ts';
import { observedValue } from '../node-view.ts';
import type { Observation, ObservationState, Origin } from '../observation.ts';
import type { SettingsContext, UnknownReason, UnknownSetting } from './setting.ts';

const reasons: Readonly<Record<Exclude<ObservationState, 'observed'>, UnknownReason>> = {
  absent: 'file-absent',
  denied: 'file-unreadable',
  malformed: 'parse-error',
  'too-large': 'too-large',
  'timed-out': 'timeout',
  unsupported: 'unsupported',
};

/** The machine reason for an observation that carries no value; `not-observed` when there is no observation at all. */
export function reasonOf(observation: Observation | undefined): UnknownReason {
  if (!observation || observation.state === 'observed') return 'not-observed';
  return reasons[observation.state];
}

/** A setting that could not be known because an observation has no value. */
export function unknownFrom(key: string, fact: string, observation: Observation | undefined): UnknownSetting {
  return {
    known: false,
    key,
    reason: reasonOf(observation),
    detail: observation?.detail ?? `${fact} was not observed`,
    origin: { kind: 'derived', key: fact },
  };
}

/** A configuration file of an instance: its document, or the reason why it cannot be read. */
export type ConfigRead =
  | { readonly ok: true; readonly document: JsonObject; readonly origin: Origin }
  | { readonly ok: false; readonly unknown: (key: string) => UnknownSetting };

/** Reads the configuration file behind a fact of the context's instance. */
export function readConfig(context: SettingsContext, fact: string): ConfigRead {
  const observation = context.view.get(fact, context.instance);
  const value = observedValue<ConfigValue>(observation);
  if (!value) return { ok: false, unknown: (key) => unknownFrom(key, fact, observation) };
  return { ok: true, document: value.document, origin: { kind: 'file', path: value.path } };
}
