import Type, { type Static } from 'typebox';
import type { RbacDefaultsFile } from '../cluster/rbac/defaults.ts';
import { compareMinor, type Minor, minorText, parseMinor } from '../version.ts';

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
    /** Flag name; absent when only a configuration field exists. */
    flag: Type.Optional(Type.String()),
    env: Type.Optional(Type.String()),
    /** Path in the component's configuration file when it is not the key. */
    config: Type.Optional(Type.String()),
    defaults: Type.Array(Since, { minItems: 1 }),
    /** Kubelet without `--config`; absent for what is a flag only. */
    legacyDefaults: Type.Optional(Type.Array(Since)),
    /** What `--help` prints where it differs; only verification reads it. */
    helpDefaults: Type.Optional(Type.Array(Since)),
    introduced: Type.Optional(Type.String()),
    removed: Type.Optional(Type.String()),
    fieldIntroduced: Type.Optional(Type.String()),
    /** A zero (or negative) written in a file is replaced by the default. */
    zeroMeansUnset: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('negative')])),
    /** `or`: flag and field are combined instead of the flag winning. */
    combine: Type.Optional(Type.Literal('or')),
    /** `default`: an empty text leaves the default in force. */
    empty: Type.Optional(Type.Literal('default')),
    /** Older names of the flag. */
    aliases: Type.Optional(Type.Array(Type.String())),
    note: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type SettingSpec = Static<typeof SettingSpec>;

const Sources = Type.Union([Type.String(), Type.Array(Type.String())]);
const MergeMethod = Type.Union([
  Type.Literal('mergo-override'),
  Type.Literal('json-merge-internal'),
  Type.Literal('json-merge-patch'),
]);
export type MergeMethod = Static<typeof MergeMethod>;

/** A file of benchmarks/defaults about one component. */
export const DefaultsFile = Type.Object(
  {
    component: Type.String(),
    source: Sources,
    configFlag: Type.Optional(Type.String()),
    /** Flags that have no effect when a configuration file is given; `*` for all but the kept ones. */
    flagsIgnoredWithConfig: Type.Optional(Type.Array(Type.String())),
    flagsKeptWithConfig: Type.Optional(Type.Array(Type.String())),
    environmentPrefix: Type.Optional(Type.String()),
    configDirIntroduced: Type.Optional(Type.String()),
    configDirEnvironment: Type.Optional(Type.Unknown()),
    configDir: Type.Optional(
      Type.Object({
        suffix: Type.String(),
        merge: Type.Array(Type.Object({ since: Type.String(), method: MergeMethod, text: Type.String() })),
      }),
    ),
    settings: Type.Record(Type.String(), SettingSpec),
  },
  { additionalProperties: false },
);
export type DefaultsFile = Static<typeof DefaultsFile>;

/** benchmarks/defaults/admission-plugins.yaml. */
export const PluginsFile = Type.Object({
  component: Type.String(),
  source: Sources,
  defaultOn: Type.Array(Type.Object({ since: Type.String(), plugins: Type.Array(Type.String()) }), { minItems: 1 }),
  plugins: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
});
export type PluginsFile = Static<typeof PluginsFile>;

/** benchmarks/defaults/feature-gates.yaml. */
export const GatesFile = Type.Object({
  source: Sources,
  gates: Type.Record(
    Type.String(),
    Type.Object({
      components: Type.Array(Type.String()),
      defaults: Type.Array(Type.Object({ since: Type.String(), value: Type.String() })),
    }),
  ),
});
export type GatesFile = Static<typeof GatesFile>;

/** benchmarks/defaults/flags.yaml. */
export const FlagsFile = Type.Object({
  components: Type.Record(Type.String(), Type.Record(Type.String(), Type.Object({ kind: Type.String() }))),
});

/** Everything of benchmarks/defaults, by component. */
export interface DefaultsTable {
  readonly components: ReadonlyMap<string, DefaultsFile>;
  readonly plugins: PluginsFile;
  readonly gates: GatesFile;
  readonly rbac: RbacDefaultsFile;
}

/** The spec of a component's setting, undefined when the tables do not know it. */
export function specOf(table: DefaultsTable, component: string, key: string): SettingSpec | undefined {
  return table.components.get(component)?.settings[key];
}

/** The entry in force in a minor: the last one whose `since` is not newer; the first when all are newer. */
export function inForce<T extends { readonly since: string }>(list: readonly T[], minor: Minor): T | undefined {
  return begun(list, minor) ?? list[0];
}

function begun<T extends { readonly since: string }>(list: readonly T[], minor: Minor): T | undefined {
  return list.findLast((entry) => {
    const from = parseMinor(entry.since);
    return from !== undefined && compareMinor(from, minor) <= 0;
  });
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
    const everywhere = first.value === '' || (spec.removed === undefined && spec.introduced === undefined);
    return same && everywhere ? { kind: 'value', text: first.value, version: undefined } : { kind: 'varies' };
  }
  const removed = parseMinor(spec.removed);
  if (removed && compareMinor(minor, removed) >= 0) return { kind: 'removed', version: minorText(removed) };
  const introduced = parseMinor(spec.introduced);
  if (introduced && compareMinor(minor, introduced) < 0) return { kind: 'not-yet', version: minorText(introduced) };
  return { kind: 'value', text: (begun(list, minor) ?? first).value, version: minorText(minor) };
}
