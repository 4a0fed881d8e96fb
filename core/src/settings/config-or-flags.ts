import { commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import { fileSetting } from './config-file.ts';
import { specOf } from './find-default.ts';
import { readConfig } from './from-observation.ts';
import type { Setting, SettingsContext } from './setting.ts';

/**
 * kube-scheduler and kube-proxy: with `--config` the file decides and the flags that have a field are ignored; without it the
 * flags do. An empty text in the file means the default. Source: cmd/kube-scheduler/app/options, cmd/kube-proxy/app.
 */
export function configOrFlagsSetting(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  const hasFile = (line.texts.get('config')?.at(-1) ?? '') !== '';
  const file = context.defaults.components.get(context.component);
  const ignores = new Set(file?.flagsIgnoredWithConfig ?? []);
  const keeps = new Set(file?.flagsKeptWithConfig ?? []);
  // The flag that names the file is what makes the others ignored.
  const ignored = (flag: string | undefined) =>
    flag === undefined || ignores.has(flag) || (ignores.has('*') && flag !== 'config' && !keeps.has(flag));
  const config = hasFile ? readConfig(context, `${context.component}.config`) : undefined;
  return (key) => {
    const spec = specOf(context.defaults, context.component, key);
    if (!spec) return unknownKey(context, key);
    if (!config || !ignored(spec.flag)) return flagSetting(line, key, spec) ?? defaultSetting(context, key, spec);
    if (!config.ok) return config.unknown(key);
    return fileSetting(context, config, key, spec, spec.config ?? key);
  };
}
