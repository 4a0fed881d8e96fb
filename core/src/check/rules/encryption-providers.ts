import type { ConfigValue } from '../../facts.ts';
import { at, isJsonObject, type Json } from '../../json.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import type { Rule } from './index.ts';

const fact = 'kube-apiserver.encryption-config';

/**
 * Does the first provider of the first entry that matches secrets belong to `providers`? Providers are `aescbc`, `secretbox`,
 * `kms-v1`, `kms-v2`, `aesgcm`, `identity`. Source: k8s.io/apiserver/pkg/server/options/encryptionconfig: the first matching entry
 * wins, its first provider writes.
 */
export const encryptionProviders: Rule = (context, operands) => {
  const instance = context.instance ?? '';
  const observation = context.node.view.get(fact, instance);
  const value = observedValue<ConfigValue>(observation);
  if (!observation || !value) {
    return {
      holds: null,
      evidence: [],
      why: { reason: reasonOf(observation), detail: observation?.detail ?? `${fact} was not observed` },
    };
  }
  const allowed = [operands['providers'] ?? []].flat();
  const provider = providerForSecrets(value.document);
  const holds = provider !== undefined && allowed.includes(provider);
  return {
    holds,
    evidence: [
      {
        fact,
        subject: instance,
        actual: provider ?? 'no entry covers secrets',
        expected: `secrets written by one of ${allowed.join(', ')}`,
        origin: { kind: 'file', path: value.path, key: 'resources[].providers[0]' },
        holds,
        observedAt: observation.observedAt,
      },
    ],
  };
};

/** Kind of the provider that writes Secrets; undefined where no entry covers them. */
export function providerForSecrets(document: Json): string | undefined {
  const entries = at(document, 'resources');
  for (const entry of Array.isArray(entries) ? entries : []) {
    const resources = at(entry, 'resources');
    const covers =
      Array.isArray(resources) && resources.some((one) => one === 'secrets' || one === '*.' || one === '*.*');
    if (!covers) continue;
    const providers = at(entry, 'providers');
    return kindOf(Array.isArray(providers) ? providers[0] : undefined);
  }
  return undefined;
}

function kindOf(provider: Json | undefined): string | undefined {
  if (!isJsonObject(provider)) return undefined;
  const kind = Object.keys(provider)[0];
  if (kind !== 'kms') return kind;
  return at(provider, 'kms.apiVersion') === 'v2' ? 'kms-v2' : 'kms-v1';
}
