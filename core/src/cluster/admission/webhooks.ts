import type { Evidence } from '../../check/truth.ts';
import type { JsonObject } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { objectsIn, textIn } from '../pod-security/pod.ts';
import type { ClusterContext } from '../survey.ts';
import { isPluginOff } from './api-servers.ts';
import { line } from './engine-rule.ts';
import { coveredBy, narrower, type Reach, reachOf, wider } from './match.ts';

const resource = 'validatingwebhookconfigurations';

/** How the API server asks a policy engine about pods: without a webhook its policies are paper. */
export interface EngineHook {
  /** How many of the new pods of a namespace reach the engine. */
  readonly reach: (namespace: ClusterObject) => Reach;
  /** Whether containers that are added for debugging do. */
  readonly ephemeral: boolean;
  readonly notes: readonly Evidence[];
}

/** What tells the webhooks of an engine from others. */
export type IsOfEngine = (configuration: ClusterObject) => boolean;

export const isKyverno: IsOfEngine = ({ name, labels }) =>
  name.startsWith('kyverno-resource-validating-webhook') || labels['webhook.kyverno.io/managed-by'] === 'kyverno';

export const isGatekeeper: IsOfEngine = ({ name, labels }) =>
  name === 'gatekeeper-validating-webhook-configuration' || labels['gatekeeper.sh/system'] === 'yes';

/** The webhooks of an engine that are asked about pods; undefined where there are none, so that it decides nothing. */
export function hookOf(context: ClusterContext, isOfEngine: IsOfEngine): EngineHook | undefined {
  if (isPluginOff(context, 'ValidatingAdmissionWebhook')) return undefined;
  const configurations = context.view.all(resource).filter(isOfEngine);
  const hooks = configurations.flatMap((configuration) =>
    objectsIn(configuration.fields, 'webhooks').map((hook) => ({ configuration, hook })),
  );
  const asked = hooks.filter(({ hook }) => coveredBy(objectsIn(hook, 'rules')).pods);
  if (asked.length === 0) return undefined;
  return {
    reach: (namespace) =>
      asked.map(({ configuration, hook }) => hookReach(configuration, hook, namespace)).reduce(wider),
    ephemeral: asked.some(({ hook }) => coveredBy(objectsIn(hook, 'rules')).ephemeral),
    notes: asked
      .filter(({ hook }) => textIn(hook, 'failurePolicy') === 'Ignore')
      .slice(0, 1)
      .map(({ configuration }) => {
        const key = 'webhooks[].failurePolicy';
        return line({ policy: configuration, key }, 'Ignore: while the engine does not answer, pods get in', null);
      }),
  };
}

/** Conditions of a webhook may leave anything out, and what could not be read whole may hide one. */
function hookReach(configuration: ClusterObject, hook: JsonObject, namespace: ClusterObject): Reach {
  const odd = objectsIn(hook, 'matchConditions').length > 0 || (configuration.malformed ?? []).length > 0;
  return odd ? narrower('unclear', reachOf(hook, namespace)) : reachOf(hook, namespace);
}
