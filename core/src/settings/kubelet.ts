import type { ConfigValue, DropInsValue } from '../facts.ts';
import { at, type Json } from '../json.ts';
import { observedValue } from '../node-view.ts';
import type { Origin } from '../observation.ts';
import { type CommandLine, commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import type { MergeMethod, SettingSpec } from './defaults.ts';
import { inForce, specOf } from './find-default.ts';
import { unknownFrom } from './from-observation.ts';
import type { KnownSetting, Setting, SettingsContext, UnknownSetting } from './setting.ts';
import { blockedAt, fromField, parseDuration } from './values.ts';

/** One layer of KubeletConfiguration, lowest first. */
interface Layer {
  readonly document: Json;
  readonly origin: Origin;
}

type Layers =
  | { readonly ok: true; readonly layers: readonly Layer[]; readonly hasFile: boolean }
  | { readonly ok: false; readonly unknown: (key: string) => Setting };

/**
 * Effective kubelet settings: flag over drop-ins (lexical order, JSON merge patch: lists replaced, null removes) over file over
 * default; without `--config` the legacy defaults. Source: cmd/kubelet/app/server.go.
 */
export function kubeletSetting(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  const layers = readLayers(context, line);
  return (key) => {
    const spec = specOf(context.defaults, 'kubelet', key);
    if (!spec) return unknownKey(context, key);
    const flag = flagSetting(line, key, spec);
    if (flag && spec.type !== 'map' && spec.combine !== 'or') return flag;
    if (spec.legacyDefaults === undefined) return flag ?? defaultSetting(context, key, spec);
    if (!layers.ok) return layers.unknown(key);
    const field = layerSetting(context, layers, key, spec);
    if (!flag) return field;
    if (!flag.known) return flag;
    if (spec.combine === 'or') return orFlag(field, flag);
    return field.known ? mergeMaps(field, flag) : field;
  };
}

/** Either source alone says true; a flag that says false decides nothing while the field is unknown. */
function orFlag(field: Setting, flag: KnownSetting): Setting {
  if (field.known) return field.value === true ? field : flag;
  return flag.value === true ? flag : field;
}

function readLayers(context: SettingsContext, line: CommandLine): Layers {
  const layers: Layer[] = [];
  const hasFile = (line.texts.get('config')?.at(-1) ?? '') !== '';
  if (hasFile) {
    const observation = context.view.get('kubelet.config', context.instance);
    const value = observedValue<ConfigValue>(observation);
    if (!value) return { ok: false, unknown: (key) => unknownFrom(key, 'kubelet.config', observation) };
    layers.push({ document: value.document, origin: { kind: 'file', path: value.path } });
  }
  if ((line.texts.get('config-dir')?.at(-1) ?? '') !== '') {
    const observation = context.view.get('kubelet.drop-ins', context.instance);
    const value = observedValue<DropInsValue>(observation);
    if (!value) return { ok: false, unknown: (key) => unknownFrom(key, 'kubelet.drop-ins', observation) };
    for (const file of value.files)
      layers.push({ document: file.document, origin: { kind: 'drop-in', path: file.path } });
  }
  return { ok: true, layers, hasFile };
}

/** What the layers below add up to; `cleared`: somebody removed the value, so that the file default holds. */
interface Found {
  readonly setting: KnownSetting | undefined;
  readonly cleared: boolean;
}

/** The topmost layer that says something about the key; maps merge over all layers. */
function layerSetting(
  context: SettingsContext,
  layers: Layers & { ok: true },
  key: string,
  spec: SettingSpec,
): Setting {
  const method = mergeMethod(context);
  let found: Found = { setting: undefined, cleared: false };
  for (const layer of layers.layers) {
    const next = overLayer(context, key, spec, found, layer, layer.origin.kind === 'drop-in' ? method : undefined);
    if ('known' in next) return next;
    found = next;
  }
  return found.setting ?? defaultSetting(context, key, spec, !layers.hasFile && !found.cleared);
}

/** One layer over what is below; `method` is undefined for the configuration file itself. */
function overLayer(
  context: SettingsContext,
  key: string,
  spec: SettingSpec,
  below: Found,
  layer: Layer,
  method: MergeMethod | undefined,
): Found | UnknownSetting {
  const field = spec.config ?? key;
  const value = fieldOf(layer.document, field);
  const blocked = blockedAt(layer.document, field);
  if (blocked !== undefined) {
    const at = { ...layer.origin, key: blocked };
    return { known: false, key, reason: 'parse-error', detail: `${blocked} in ${at.path} is no object`, origin: at };
  }
  if (value === undefined || value === null) return silentLayer(context, key, spec, below, value, method);
  const origin = { ...layer.origin, key: field };
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
  const next: KnownSetting = { known: true, key, type: spec.type, value: parsed, origin, stated: true };
  if (method === 'mergo-override' && isZero(next)) return below;
  if (method !== 'json-merge-internal' && meansUnset(spec, next)) return { setting: undefined, cleared: true };
  const merges = below.setting !== undefined && spec.type === 'map';
  return { setting: merges && below.setting ? mergeMaps(below.setting, next) : next, cleared: below.cleared };
}

function silentLayer(
  context: SettingsContext,
  key: string,
  spec: SettingSpec,
  below: Found,
  value: null | undefined,
  method: MergeMethod | undefined,
): Found {
  const clears = value === null && (method === undefined || method === 'json-merge-patch');
  if (clears) return { setting: undefined, cleared: true };
  if (method !== 'mergo-override') return below;
  return { setting: nonZeroDefault(context, key, spec) ?? below.setting, cleared: below.cleared };
}

/** How drop-ins merge changed with 1.29 and 1.32; an unknown minor counts as current. */
function mergeMethod(context: SettingsContext): MergeMethod {
  const methods = context.defaults.components.get('kubelet')?.configDir?.merge ?? [];
  const found = context.minor ? inForce(methods, context.minor) : methods.at(-1);
  return found?.method ?? 'json-merge-patch';
}

/** In 1.28 a drop-in was decoded with the file defaults, whose non-zero values overwrote the base. */
function nonZeroDefault(context: SettingsContext, key: string, spec: SettingSpec): KnownSetting | undefined {
  const setting = defaultSetting(context, key, spec);
  return setting.known && !isZero(setting) ? setting : undefined;
}

function isZero(setting: KnownSetting): boolean {
  const { value } = setting;
  return (
    value === null || value === false || value === 0 || value === '' || (Array.isArray(value) && value.length === 0)
  );
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

/** v1beta1 defaulting replaces empty texts, and zero or negative numbers where the table says so. */
function meansUnset(spec: SettingSpec, setting: KnownSetting): boolean {
  if (setting.value === null) return true;
  const number = typeof setting.value === 'string' ? parseDuration(setting.value) : setting.value;
  if (spec.zeroMeansUnset === 'true') return number === 0;
  return spec.zeroMeansUnset === 'negative' && typeof number === 'number' && number < 0;
}

/** Each item keeps the place that set it: evidence must not name the flag for a gate that stands in the file. */
function mergeMaps(lower: KnownSetting, upper: KnownSetting): KnownSetting {
  const value: Readonly<Record<string, string | boolean>> = { ...Object(lower.value), ...Object(upper.value) };
  const items = new Map(
    Object.keys(value).map((name) => {
      const from = Object.hasOwn(Object(upper.value), name) ? upper : lower;
      return [name, from.items?.get(name) ?? from.origin] as const;
    }),
  );
  return { ...upper, value, items };
}
