import Type, { type Static } from 'typebox';
import { compareMinor, type Minor, minorText, parseMinor } from '../version.ts';
import type { SettingType } from './setting.ts';

const Since = Type.Object({ since: Type.String(), value: Type.String() }, { additionalProperties: false });

/** One setting in benchmarks/defaults: its type, names and the defaults by the minor since which they hold. */
export const SettingSpec = Type.Object(
  {
    type: Type.Union([
      Type.Literal('bool'),
      Type.Literal('int'),
      Type.Literal('duration'),
      Type.Literal('string'),
      Type.Literal('list'),
      Type.Literal('map'),
    ]),
    flag: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    env: Type.Optional(Type.String()),
    /** Path in the component's configuration file when it is not the key. */
    field: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    defaults: Type.Array(Since, { minItems: 1 }),
    /** Kubelet without `--config`. */
    legacyDefaults: Type.Optional(Type.Array(Since)),
    introduced: Type.Optional(Type.String()),
    removed: Type.Optional(Type.String()),
    note: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
);
export type SettingSpec = Static<typeof SettingSpec>;

/** A file of benchmarks/defaults. */
export const DefaultsFile = Type.Object(
  { component: Type.String(), source: Type.String(), settings: Type.Record(Type.String(), SettingSpec) },
  { additionalProperties: true },
);

/** Specs by component, then key. Admission plugins and feature gates are tables of their own. */
export interface DefaultsTable {
  readonly settings: ReadonlyMap<string, ReadonlyMap<string, SettingSpec>>;
  readonly plugins: readonly PluginSpec[];
  readonly gates: ReadonlyMap<string, readonly { readonly since: string; readonly value: string }[]>;
}

/** An admission plugin: on by default from `defaultOn` on, known between `introduced` and `removed`. */
export interface PluginSpec {
  readonly name: string;
  readonly introduced?: string;
  readonly removed?: string;
  readonly defaultOn?: string;
  readonly defaultOff?: string;
}

/** The default in force, or why there is none. `version` names the minor for evidence. */
export type DefaultFound =
  | { readonly kind: 'value'; readonly text: string; readonly version: string | undefined }
  | { readonly kind: 'removed' | 'not-yet'; readonly version: string }
  | { readonly kind: 'varies' };

/**
 * The default of a setting in a minor. With no minor: the value when every minor agrees, else `varies`, which becomes
 * `error: version-unknown`.
 */
export function findDefault(spec: SettingSpec, minor: Minor | undefined, legacy: boolean): DefaultFound {
  const list = legacy && spec.legacyDefaults?.length ? spec.legacyDefaults : spec.defaults;
  const first = list[0];
  if (!first) return { kind: 'varies' };
  if (!minor) {
    const same = list.every((entry) => entry.value === first.value);
    return same ? { kind: 'value', text: first.value, version: undefined } : { kind: 'varies' };
  }
  const removed = parseMinor(spec.removed);
  if (removed && compareMinor(minor, removed) >= 0) return { kind: 'removed', version: minorText(removed) };
  const introduced = parseMinor(spec.introduced);
  if (introduced && compareMinor(minor, introduced) < 0) return { kind: 'not-yet', version: minorText(introduced) };
  const since = list.findLast((entry) => {
    const from = parseMinor(entry.since);
    return from !== undefined && compareMinor(from, minor) <= 0;
  });
  return { kind: 'value', text: (since ?? first).value, version: minorText(minor) };
}

/** Type of a setting by its key; undefined when no component defines it. */
export function typeOf(table: DefaultsTable, component: string, key: string): SettingType | undefined {
  return table.settings.get(component)?.get(key)?.type;
}
