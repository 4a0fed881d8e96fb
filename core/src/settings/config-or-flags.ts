import { at } from '../json.ts';
import { commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import { specOf } from './defaults.ts';
import { readConfig } from './from-observation.ts';
import type { Setting, SettingsContext } from './setting.ts';
import { blockedAt, fromField } from './values.ts';

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
    const field = spec.config ?? key;
    const blocked = blockedAt(config.document, field);
    if (blocked !== undefined) {
      const there = { ...config.origin, key: blocked };
      return {
        known: false,
        key,
        reason: 'parse-error',
        detail: `${blocked} in ${there.path} is no object`,
        origin: there,
      };
    }
    const value = at(config.document, field);
    if (value === undefined || value === null || value === '') return defaultSetting(context, key, spec);
    const origin = { ...config.origin, key: field };
    const parsed = fromField(spec.type, value);
    if (parsed === undefined) {
      return {
        known: false,
        key,
        reason: 'parse-error',
        detail: `${field} in ${origin.path} is no ${spec.type}`,
        origin,
      };
    }
    return { known: true, key, type: spec.type, value: parsed, origin, stated: true };
  };
}
