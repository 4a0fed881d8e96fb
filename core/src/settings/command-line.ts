import type { ProcessInstanceValue, ProcessValue } from '../facts.ts';
import { observedValue } from '../node-view.ts';
import type { SettingSpec } from './defaults.ts';
import { type DefaultFound, findDefault } from './find-default.ts';
import { type FlagKind, type FlagTexts, parseGoFlags, parsePflags } from './flags.ts';
import { unknownFrom } from './from-observation.ts';
import type { Setting, SettingsContext } from './setting.ts';
import { fromDefault, fromFlag } from './values.ts';

/** The command line of an instance, parsed once. */
export interface CommandLine {
  readonly process: ProcessValue;
  readonly pid: number | undefined;
  readonly texts: FlagTexts;
  readonly kinds: ReadonlyMap<string, FlagKind>;
}

const noKinds: ReadonlyMap<string, FlagKind> = new Map();

/** undefined when the instance's process was not observed. */
export function commandLine(context: SettingsContext): CommandLine | undefined {
  const process = observedValue<ProcessValue>(context.view.get('process', context.instance));
  if (!process) return undefined;
  const kinds = context.kinds.get(context.component) ?? noKinds;
  const parse = context.component === 'etcd' ? parseGoFlags : parsePflags;
  const pid = observedValue<ProcessInstanceValue>(context.view.get('process.instance', context.instance))?.pid;
  return { process, pid, texts: parse(process.argv, kinds), kinds };
}

/** The setting as its flag states it; undefined when the flag is not given. */
export function flagSetting(line: CommandLine, key: string, spec: SettingSpec): Setting | undefined {
  const flag = [spec.flag, ...(spec.aliases ?? [])].find((name) => name !== undefined && line.texts.has(name));
  const texts = flag === undefined ? undefined : line.texts.get(flag);
  if (flag === undefined || !texts) return undefined;
  if (spec.empty === 'default' && texts.at(-1) === '') return undefined;
  const origin = { kind: 'flag' as const, key: flag, ...(line.pid === undefined ? {} : { pid: line.pid }) };
  const value = fromFlag(spec.type, line.kinds.get(flag), texts);
  if (value === undefined) {
    return {
      known: false,
      key,
      reason: 'parse-error',
      detail: `--${flag} has a value that is no ${spec.type}`,
      origin,
    };
  }
  return { known: true, key, type: spec.type, value, origin, stated: true };
}

/** The setting as the component's version sets it when nobody does. */
export function defaultSetting(context: SettingsContext, key: string, spec: SettingSpec, legacy = false): Setting {
  const found: DefaultFound = findDefault(spec, context.minor, legacy);
  switch (found.kind) {
    case 'varies':
      return {
        known: false,
        key,
        reason: 'version-unknown',
        detail: `the default of ${key} depends on the Kubernetes version, which is not known`,
        origin: { kind: 'default' },
      };
    case 'removed':
    case 'not-yet':
      return {
        known: true,
        key,
        type: spec.type,
        value: null,
        origin: {
          kind: 'default',
          version:
            found.kind === 'removed'
              ? `Kubernetes ${found.version} and later, which have no such setting`
              : `Kubernetes before ${found.version}, which has no such setting`,
        },
        stated: false,
      };
    case 'value':
      return {
        known: true,
        key,
        type: spec.type,
        value: fromDefault(spec.type, found.text),
        origin: { kind: 'default', version: defaultName(context, found.version, legacy) },
        stated: false,
      };
  }
}

function defaultName(context: SettingsContext, version: string | undefined, legacy: boolean): string {
  const whose = context.component === 'etcd' ? 'etcd' : version ? `Kubernetes ${version}` : 'every Kubernetes version';
  return legacy ? `${whose} without a configuration file` : whose;
}

/** The answer when no process was observed. */
export function noProcess(context: SettingsContext, key: string): Setting {
  return unknownFrom(key, 'process', context.view.get('process', context.instance));
}

/** The answer for a key that no table knows: a mistake of the pack, which its loader refuses. */
export function unknownKey(context: SettingsContext, key: string): Setting {
  return {
    known: false,
    key,
    reason: 'unsupported',
    detail: `${context.component} has no setting ${key}`,
    origin: { kind: 'derived' },
  };
}
