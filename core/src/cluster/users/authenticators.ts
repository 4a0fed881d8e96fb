import type { Evidence } from '../../check/truth.ts';
import type { ConfigValue } from '../../facts.ts';
import { at, type Json } from '../../json.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import type { Setting } from '../../settings/setting.ts';
import { type ApiServer, isGiven, settingEvidence } from '../control-plane.ts';

/** How people may prove to an API server who they are, apart from certificates and tokens of accounts. */
export interface Authenticators {
  /** Providers of identities, webhooks and proxies that are configured; empty where there is none. */
  readonly external: readonly Evidence[];
  /** All places that were looked at. */
  readonly looked: readonly Evidence[];
  /** Prefixes that names of users and groups from a provider begin with. */
  readonly prefixes: readonly string[];
  /** Users of a file of static tokens. */
  readonly tokenFile: boolean;
  readonly unknown?: { readonly reason: string; readonly detail: string };
}

const fact = 'kube-apiserver.authentication-config';
const provider = 'a provider of identities for people';
const prefixSettings = ['oidc-username-prefix', 'oidc-groups-prefix'];

/** `aggregators`: common names by which the API server itself speaks to aggregated ones; any other allowed name is a proxy that signs people in. */
export function authenticatorsOf(server: ApiServer, aggregators: readonly string[]): Authenticators {
  const get = (key: string) => server.settings.get(key);
  const file = get('authentication-config');
  const flags = ['oidc-issuer-url', 'authentication-token-webhook-config-file'].map(get);
  const tokens = get('token-auth-file');
  const allowed = get('requestheader-allowed-names');
  const proxied = isProxy(allowed, aggregators);
  const structured = isGiven(file) ? readStructured(server) : noIssuers;
  const looked = [
    ...flags.map((one) => settingEvidence(server, one, provider, isGiven(one))),
    settingEvidence(server, allowed, 'a proxy that signs people in', proxied),
    ...structured.lines,
  ];
  const broken = [file, ...flags, tokens, allowed].find((one) => !one.known);
  const unknown = broken && !broken.known ? { reason: broken.reason, detail: broken.detail } : structured.unknown;
  return {
    external: looked.filter(({ holds }) => holds === true),
    looked,
    prefixes: [...prefixSettings.flatMap((key) => prefixOf(get(key))), ...structured.prefixes],
    tokenFile: isGiven(tokens),
    ...(unknown ? { unknown } : {}),
  };
}

function isProxy(allowed: Setting, aggregators: readonly string[]): boolean {
  const names: readonly string[] = allowed.known && Array.isArray(allowed.value) ? allowed.value : [];
  return names.some((name) => name !== '' && !aggregators.includes(name));
}

function prefixOf(setting: Setting): readonly string[] {
  return setting.known && typeof setting.value === 'string' && !['', '-'].includes(setting.value)
    ? [setting.value]
    : [];
}

interface Structured {
  readonly lines: readonly Evidence[];
  readonly prefixes: readonly string[];
  readonly unknown?: { readonly reason: string; readonly detail: string };
}

const noIssuers: Structured = { lines: [], prefixes: [] };

/** Issuers of the AuthenticationConfiguration. */
function readStructured({ view, instance, name }: ApiServer): Structured {
  const observation = view.get(fact, instance);
  const value = observedValue<ConfigValue>(observation);
  if (!value) {
    const detail = observation?.detail ?? `${fact} was not observed`;
    return { ...noIssuers, unknown: { reason: reasonOf(observation), detail } };
  }
  const given = at(value.document, 'jwt');
  const issuers: readonly Json[] = Array.isArray(given) ? given : [];
  const urls = issuers.map((one) => at(one, 'issuer.url')).filter((url) => typeof url === 'string');
  const line: Evidence = {
    fact,
    subject: name,
    actual: urls,
    expected: provider,
    origin: { kind: 'file', path: value.path, key: 'jwt[].issuer.url' },
    holds: urls.length > 0,
  };
  const prefixes = issuers.flatMap((one) => [
    at(one, 'claimMappings.username.prefix'),
    at(one, 'claimMappings.groups.prefix'),
  ]);
  return { lines: [line], prefixes: prefixes.filter((one) => typeof one === 'string' && one !== '') as string[] };
}
