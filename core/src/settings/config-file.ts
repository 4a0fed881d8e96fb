import { at, type Json, type JsonObject } from '../json.ts';
import type { Origin } from '../observation.ts';
import { defaultSetting } from './command-line.ts';
import type { SettingSpec } from './defaults.ts';
import type { Setting, SettingsContext, SettingValue } from './setting.ts';
import { blockedAt, fromField } from './values.ts';

/** A configuration file that was read. */
export interface ConfigFile {
  readonly document: JsonObject;
  readonly origin: Origin;
}

/**
 * The setting as the one file that decides states it: missing, null and empty text mean the default, a wrong type is a parse error.
 * `read` turns the field into a value, undefined when it cannot.
 */
export function fileSetting(
  context: SettingsContext,
  config: ConfigFile,
  key: string,
  spec: SettingSpec,
  field: string,
  read: (value: Json) => SettingValue | undefined = (value) => fromField(spec.type, value),
): Setting {
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
  const parsed = read(value);
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
}
