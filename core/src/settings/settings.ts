import { apiserverSetting } from './apiserver.ts';
import { commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import { configOrFlagsSetting } from './config-or-flags.ts';
import { etcdSetting } from './etcd.ts';
import { specOf } from './find-default.ts';
import { kubeletSetting } from './kubelet.ts';
import type { Setting, Settings, SettingsContext } from './setting.ts';

/** Effective settings of one instance. Every key of benchmarks/defaults and the derived ones of the API server can be asked for. */
export function settingsOf(context: SettingsContext): Settings {
  const read = reader(context);
  const known = new Map<string, Setting>();
  return {
    instance: context.instance,
    get(key) {
      const before = known.get(key);
      if (before) return before;
      const setting = read(key);
      known.set(key, setting);
      return setting;
    },
  };
}

function reader(context: SettingsContext): (key: string) => Setting {
  switch (context.component) {
    case 'kubelet':
      return kubeletSetting(context);
    case 'kube-apiserver':
      return apiserverSetting(context);
    case 'kube-scheduler':
    case 'kube-proxy':
      return configOrFlagsSetting(context);
    case 'etcd':
      return etcdSetting(context);
    default:
      return flagsOnly(context);
  }
}

function flagsOnly(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  return (key) => {
    const spec = specOf(context.defaults, context.component, key);
    if (!spec) return unknownKey(context, key);
    return flagSetting(line, key, spec) ?? defaultSetting(context, key, spec);
  };
}
