import Type, { type Static } from 'typebox';

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
