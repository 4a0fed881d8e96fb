import { at, isJsonObject, type Json } from '../json.ts';
import { commandLine, defaultSetting, flagSetting, noProcess, unknownKey } from './command-line.ts';
import { inForce, specOf } from './find-default.ts';
import { readConfig } from './from-observation.ts';
import type { KnownSetting, Setting, SettingsContext } from './setting.ts';

/** Settings of the API server that follow from several sources; everything else is a flag. */
export const derivedApiserverSettings = {
  /** Authorizers in order: the AuthorizationConfiguration replaces `--authorization-mode`. */
  'authorization.modes': 'list',
  /** `off`, `limited` (to the paths of authentication.anonymous.paths) or `on`. */
  'authentication.anonymous': 'string',
  'authentication.anonymous.paths': 'list',
  /** Default-on plugins of the minor, plus enabled, minus disabled. */
  'admission-plugins': 'list',
} as const;

/** Effective API server settings. Sources: k8s.io/apiserver/pkg/server/options, pkg/kubeapiserver/options. */
export function apiserverSetting(context: SettingsContext): (key: string) => Setting {
  const line = commandLine(context);
  if (!line) return (key) => noProcess(context, key);
  function plain(key: string): Setting {
    const spec = specOf(context.defaults, 'kube-apiserver', key);
    if (!spec) return unknownKey(context, key);
    return flagSetting(line as NonNullable<typeof line>, key, spec) ?? defaultSetting(context, key, spec);
  }
  return (key) => {
    if (key === 'authorization.modes') return authorizationModes(context, plain);
    if (key === 'authentication.anonymous' || key === 'authentication.anonymous.paths')
      return anonymous(context, plain, key);
    if (key === 'admission-plugins') return admissionPlugins(context, plain);
    return plain(key);
  };
}

type Plain = (key: string) => Setting;

function isSet(setting: Setting): boolean {
  return setting.known && setting.value !== null && setting.value !== '';
}

function authorizationModes(context: SettingsContext, plain: Plain): Setting {
  const key = 'authorization.modes';
  const file = plain('authorization-config');
  if (!file.known) return { ...file, key };
  if (!isSet(file)) return { ...plain('authorization-mode'), key };
  const config = readConfig(context, 'kube-apiserver.authorization-config');
  if (!config.ok) return config.unknown(key);
  const authorizers = at(config.document, 'authorizers');
  const types = Array.isArray(authorizers) ? authorizers.map((one: Json) => at(one, 'type')) : [];
  const origin = { ...config.origin, key: 'authorizers[].type' };
  if (types.length === 0 || !types.every((type) => typeof type === 'string')) {
    return { known: false, key, reason: 'parse-error', detail: `${origin.path} lists no authorizers`, origin };
  }
  return { known: true, key, type: 'list', value: types as string[], origin, stated: true };
}

function anonymous(context: SettingsContext, plain: Plain, key: string): Setting {
  const modes = authorizationModes(context, plain);
  const byFile = isSet(plain('authorization-config'));
  const file = plain('authentication-config');
  if (!file.known) return { ...file, key };
  if (isSet(file)) {
    const config = readConfig(context, 'kube-apiserver.authentication-config');
    if (!config.ok) return config.unknown(key);
    const block = at(config.document, 'anonymous');
    const origin = { ...config.origin, key: 'anonymous' };
    if (isJsonObject(block)) return fromBlock(block, origin, key);
    if (block !== undefined && block !== null) return malformed(key, origin);
  }
  const flag = plain('anonymous-auth');
  if (!flag.known) return { ...flag, key };
  // The server switches the flag off, also a stated one, where --authorization-mode (not the file) holds AlwaysAllow: ApplyAuthorization
  // in pkg/kubeapiserver/options/authentication.go.
  const stomped = !byFile && modes.known && Array.isArray(modes.value) && modes.value.includes('AlwaysAllow');
  const on = flag.value === true && !stomped;
  return answer(key, { ...flag, key }, on ? 'on' : 'off', []);
}

function fromBlock(block: { readonly [key: string]: Json }, origin: KnownSetting['origin'], key: string): Setting {
  const enabled = block['enabled'] === true;
  const conditions = block['conditions'] ?? [];
  if (!Array.isArray(conditions) || typeof (block['enabled'] ?? false) !== 'boolean') return malformed(key, origin);
  const paths = conditions.map((one: Json) => at(one, 'path')).filter((path) => typeof path === 'string');
  if (paths.length < conditions.length) return malformed(key, origin);
  const base: KnownSetting = { known: true, key, type: 'string', value: null, origin, stated: true };
  const limited = enabled && paths.length > 0;
  return answer(key, base, enabled ? (limited ? 'limited' : 'on') : 'off', paths);
}

function malformed(key: string, origin: KnownSetting['origin']): Setting {
  const detail = `${origin.key} in ${origin.path} is not written as the API server reads it`;
  return { known: false, key, reason: 'parse-error', detail, origin };
}

function answer(key: string, base: KnownSetting, state: string, paths: readonly string[]): Setting {
  return key === 'authentication.anonymous'
    ? { ...base, type: 'string', value: state }
    : { ...base, type: 'list', value: paths };
}

function admissionPlugins(context: SettingsContext, plain: Plain): Setting {
  const key = 'admission-plugins';
  const whole = plain('admission-control');
  if (!whole.known || whole.stated) return { ...whole, key };
  const enabled = plain('enable-admission-plugins');
  const disabled = plain('disable-admission-plugins');
  if (!enabled.known) return { ...enabled, key };
  if (!disabled.known) return { ...disabled, key };
  const on = new Set(defaultOn(context));
  for (const name of enabled.value as readonly string[]) on.add(name.trim());
  for (const name of disabled.value as readonly string[]) on.delete(name.trim());
  const stated = [enabled, disabled].filter((setting) => setting.stated);
  const origin = stated[0]?.origin ?? enabled.origin;
  const names = stated.map((setting) => setting.origin.key).join(', --');
  return {
    known: true,
    key,
    type: 'list',
    value: [...on].sort(),
    origin: stated.length > 0 ? { ...origin, key: names } : origin,
    stated: stated.length > 0,
  };
}

/** Default-on plugins of the minor; with no minor those that are on in every minor, so that none is invented. */
function defaultOn(context: SettingsContext): readonly string[] {
  const lists = context.defaults.plugins.defaultOn;
  if (context.minor) return inForce(lists, context.minor)?.plugins ?? [];
  return (lists[0]?.plugins ?? []).filter((name) => lists.every((list) => list.plugins.includes(name)));
}
