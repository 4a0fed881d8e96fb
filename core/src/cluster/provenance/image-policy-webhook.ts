import type { Evidence } from '../../check/truth.ts';
import type { ConfigValue } from '../../facts.ts';
import { at, type Json } from '../../json.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import { type ApiServer, settingEvidence } from '../control-plane.ts';

const plugin = 'ImagePolicyWebhook';
const fact = 'kube-apiserver.admission-config';

/** What the plugin does on one API server. `closed`: it refuses where its backend does not answer; `open`: it does not. */
export interface WebhookState {
  readonly state: 'off' | 'open' | 'closed' | 'unknown';
  readonly line: Evidence;
  readonly reason: string;
  readonly detail: string;
}

/** The admission plugin ImagePolicyWebhook with its configuration. */
export function imagePolicyWebhook(server: ApiServer): WebhookState {
  const plugins = server.settings.get('admission-plugins');
  const expected = `${plugin} with a backend`;
  const off = settingEvidence(server, plugins, expected, false);
  if (!plugins.known) return { state: 'unknown', line: off, reason: plugins.reason, detail: plugins.detail };
  const names: readonly string[] = Array.isArray(plugins.value) ? plugins.value : [];
  if (!names.includes(plugin)) return { state: 'off', line: off, reason: '', detail: '' };
  const observation = server.view.get(fact, server.instance);
  const value = observedValue<ConfigValue>(observation);
  if (!value) {
    const detail = observation?.detail ?? `${fact} was not observed`;
    return { state: 'unknown', line: { ...off, holds: null }, reason: reasonOf(observation), detail };
  }
  const given = at(value.document, 'plugins');
  const own = (Array.isArray(given) ? given : []).find((one: Json) => at(one, 'name') === plugin);
  const allows = at(own, 'configuration.imagePolicy.defaultAllow') === true;
  const backend = typeof at(own, 'configuration.imagePolicy.kubeConfigFile') === 'string';
  const line: Evidence = {
    fact,
    subject: server.name,
    actual: { backend, defaultAllow: allows },
    expected,
    origin: { kind: 'file', path: value.path, key: `${plugin} imagePolicy` },
    holds: backend ? (allows ? null : true) : false,
  };
  return { state: backend ? (allows ? 'open' : 'closed') : 'off', line, reason: '', detail: '' };
}
