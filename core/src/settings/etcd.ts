import type { Json } from '../json.ts';
import { commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import { fileSetting } from './config-file.ts';
import type { SettingSpec } from './defaults.ts';
import { specOf } from './find-default.ts';
import { readConfig } from './from-observation.ts';
import type { Setting, SettingsContext, SettingValue } from './setting.ts';
import { fromField, fromFlag } from './values.ts';

/**
 * etcd: a configuration file decides alone and everything else is ignored; else a flag beats its `ETCD_` variable. The environment is asked
 * for the file where the flag is missing or empty, so that nothing is known of etcd while nobody can read its environment.
 * Source: etcd server/etcdmain/config.go.
 */
export function etcdSetting(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  const { process } = line;
  const file = line.texts.get('config-file')?.at(-1) || process.environment['ETCD_CONFIG_FILE'];
  const config = file ? readConfig(context, 'etcd.config') : undefined;
  const blind = !config && process.environmentFrom === null;
  return (key) => {
    const spec = specOf(context.defaults, 'etcd', key);
    if (!spec) return unknownKey(context, key);
    if (blind) return environmentUnread(context, key);
    if (config && key !== 'config-file')
      return config.ok
        ? fileSetting(context, config, key, spec, spec.config ?? key, (value) => valueIn(spec, value))
        : config.unknown(key);
    return flagSetting(line, key, spec) ?? variableSetting(key, spec) ?? defaultSetting(context, key, spec);
  };

  function variableSetting(key: string, spec: SettingSpec): Setting | undefined {
    const name = `ETCD_${key.replaceAll('-', '_').toUpperCase()}`;
    const text = process.environment[name];
    const origin = { kind: 'environment' as const, key: name };
    if (text === undefined || text === '') return undefined;
    const value = fromFlag(spec.type, 'value', [text]);
    if (value === undefined)
      return { known: false, key, reason: 'parse-error', detail: `${name} is no ${spec.type}`, origin };
    return { known: true, key, type: spec.type, value, origin, stated: true };
  }
}

function environmentUnread({ instance }: SettingsContext, key: string): Setting {
  return {
    known: false,
    key,
    reason: 'environment-unreadable',
    detail: `the environment of ${instance} may name a configuration file, which would override every flag; reading it needs SYS_PTRACE`,
    origin: { kind: 'environment', key: 'ETCD_CONFIG_FILE' },
  };
}

/** A list may be one text with commas, as on the command line. */
function valueIn(spec: SettingSpec, value: Json): SettingValue | undefined {
  return spec.type === 'list' && typeof value === 'string'
    ? fromFlag('list', 'slice', [value])
    : fromField(spec.type, value);
}
