import type { NodeView } from '../node-view.ts';
import type { Origin } from '../observation.ts';
import type { Minor } from '../version.ts';
import type { DefaultsTable } from './find-default.ts';
import type { FlagKinds } from './flags.ts';

/** How a setting's text compares: durations and integers as numbers, lists as sets. */
export type SettingType = 'bool' | 'int' | 'duration' | 'string' | 'list' | 'map';

/** null: nothing is set and the default is empty. Durations keep their text (`4h0m0s`). */
export type SettingValue =
  | null
  | boolean
  | number
  | string
  | readonly string[]
  | Readonly<Record<string, string | boolean>>;

/** Machine reasons why a value could not be known; each becomes `error: <reason>`. */
export type UnknownReason =
  | 'no-process'
  | 'file-absent'
  | 'file-unreadable'
  | 'parse-error'
  | 'too-large'
  | 'timeout'
  | 'unsupported'
  | 'version-unknown'
  | 'not-observed'
  | 'environment-unreadable';

/** Effective value of a configuration key of one instance, with the place that decided. */
export type Setting = KnownSetting | UnknownSetting;

export interface KnownSetting {
  readonly known: true;
  readonly key: string;
  readonly type: SettingType;
  readonly value: SettingValue;
  readonly origin: Origin;
  /** False when nobody wrote it down and a default decides. */
  readonly stated: boolean;
  /** Maps only: the place that decided each item, where that is not `origin`. */
  readonly items?: ReadonlyMap<string, Origin>;
}

export interface UnknownSetting {
  readonly known: false;
  readonly key: string;
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly origin: Origin;
}

/** What effective settings are computed from. `minor` is the component's Kubernetes minor, undefined when unknown. */
export interface SettingsContext {
  readonly view: NodeView;
  readonly instance: string;
  readonly component: string;
  readonly minor: Minor | undefined;
  readonly defaults: DefaultsTable;
  readonly kinds: FlagKinds;
}

/** Effective settings of one instance; computed on demand and remembered. */
export interface Settings {
  readonly instance: string;
  get(key: string): Setting;
}
