import type { ConfigValue, DropInsValue } from '../facts.ts';
import { at, type Json } from '../json.ts';
import { valueOf } from '../node-view.ts';
import type { Origin } from '../observation.ts';
import { type CommandLine, commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import type { SettingSpec } from './defaults.ts';
import { unknownFrom } from './from-observation.ts';
import type { KnownSetting, Setting, SettingsContext } from './setting.ts';
import { fromField, parseDuration } from './values.ts';

/** One layer of KubeletConfiguration, lowest first. */
interface Layer {
  readonly document: Json;
  readonly origin: Origin;
}

type Layers = { readonly ok: true; readonly layers: readonly Layer[]; readonly hasFile: boolean } | { readonly ok: false; readonly unknown: (key: string) => Setting };

/**
 * Effective kubelet settings: flag over drop-ins (lexical order, JSON merge patch: lists replaced, null removes) over file over
 * default; without `--config` the legacy defaults. Source: cmd/kubelet/app/server.go.
 */
export function kubeletSetting(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  const layers = readLayers(context, line);
  return (key) => {
    const spec = context.defaults.settings.get('kubelet')?.get(key);
    if (!spec) return unknownKey(context, key);
    const flag = flagSetting(line, key, spec);
    if (flag && spec.type !== 'map') return flag;
    if (spec.field === null) return flag ?? defaultSetting(context, key, spec);
    if (!layers.ok) return layers.unknown(key);
    const field = layerSetting(context, layers, key, spec);
    return flag?.known && field.known ? mergeMaps(field, flag) : (flag ?? field);
  };
}

function readLayers(context: SettingsContext, line: CommandLine): Layers {
  const layers: Layer[] = [];
  const hasFile = (line.texts.get('config')?.at(-1) ?? '') !== '';
  if (hasFile) {
    const observation = context.view.get('kubelet.config', context.instance);
    const value = valueOf<ConfigValue>(observation);
    if (!value) return { ok: false, unknown: (key) => unknownFrom(key, 'kubelet.config', observation) };
    layers.push({ document: value.document, origin: { kind: 'file', path: value.path } });
  }
  if ((line.texts.get('config-dir')?.at(-1) ?? '') !== '') {
    const observation = context.view.get('kubelet.drop-ins', context.instance);
    const value = valueOf<DropInsValue>(observation);
    if (!value) return { ok: false, unknown: (key) => unknownFrom(key, 'kubelet.drop-ins', observation) };
    for (const file of value.files) layers.push({ document: file.document, origin: { kind: 'drop-in', path: file.path } });
  }
  return { ok: true, layers, hasFile };
}

/** The topmost layer that says something about the key; maps merge over all layers. */
function layerSetting(context: SettingsContext, layers: Layers & { ok: true }, key: string, spec: SettingSpec): Setting {
  const field = spec.field ?? key;
  let found: KnownSetting | undefined;
  let removed = false;
  for (const layer of layers.layers) {
    const value = fieldOf(layer.document, field);
    if (value === undefined) continue;
    if (value === null) {
      found = undefined;
      removed = true;
      continue;
    }
    const origin = { ...layer.origin, key: field };
    const parsed = fromField(spec.type, value);
    if (parsed === undefined) {
      return { known: false, key, reason: 'parse-error', detail: `${field} in ${origin.path} is no ${spec.type}`, origin };
    }
    const next: KnownSetting = { known: true, key, type: spec.type, value: parsed, origin, stated: true };
    found = found && spec.type === 'map' ? mergeMaps(found, next) : next;
  }
  if (found && !meansUnset(found)) return found;
  return defaultSetting(context, key, spec, !layers.hasFile && !removed && !found);
}

/** A null on the way removes everything below it. */
function fieldOf(document: Json, field: string): Json | undefined {
  let here = '';
  for (const step of field.split('.')) {
    here = here ? `${here}.${step}` : step;
    const value = at(document, here);
    if (value === undefined || value === null) return value;
  }
  return at(document, field);
}

/** v1beta1 defaulting replaces zero durations and empty texts (SetDefaults_KubeletConfiguration). */
function meansUnset(setting: KnownSetting): boolean {
  if (setting.value === null) return true;
  return setting.type === 'duration' && typeof setting.value === 'string' && parseDuration(setting.value) === 0;
}

function mergeMaps(lower: KnownSetting, upper: KnownSetting): KnownSetting {
  return { ...upper, value: { ...Object(lower.value), ...Object(upper.value) } };
}
