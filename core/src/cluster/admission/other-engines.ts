import type { ClusterObject } from '../objects.ts';
import { objectsIn, textIn } from '../pod-security/pod.ts';
import type { ClusterContext } from '../survey.ts';
import { isPluginOff } from './api-servers.ts';
import type { EngineRule } from './engine-rule.ts';
import { coveredBy, reachOf } from './match.ts';
import { isGatekeeper, isKyverno } from './webhooks.ts';

const hooks = 'validatingwebhookconfigurations';
const definitions = 'customresourcedefinitions';

/** Engines whose policies are not read, by the definition that comes with them. */
const engines: readonly string[] = [
  // OpenShift holds every pod to a SecurityContextConstraints.
  'securitycontextconstraints.security.openshift.io',
];

/** Everything else that may restrict pods: engines that are not read, and webhooks on pods that nobody here knows. A person has to look. */
export function otherRules(context: ClusterContext): readonly EngineRule[] {
  const defined = context.view.all(definitions).filter(({ name }) => engines.includes(name));
  const unread = defined.map((policy) => unknown(policy, 'metadata.name', () => 'unclear' as const));
  if (isPluginOff(context, 'ValidatingAdmissionWebhook')) return unread;
  const others = context.view.all(hooks).filter((one) => !isKyverno(one) && !isGatekeeper(one));
  return [...unread, ...others.flatMap(webhooksOn)];
}

function webhooksOn(configuration: ClusterObject): readonly EngineRule[] {
  return objectsIn(configuration.fields, 'webhooks')
    .filter((hook) => coveredBy(objectsIn(hook, 'rules')).pods)
    .map((hook) => {
      const key = `webhooks[${textIn(hook, 'name') ?? ''}]`;
      return unknown(configuration, key, (namespace) => reachOf(hook, namespace));
    });
}

function unknown(policy: ClusterObject, key: string, reach: EngineRule['reach']): EngineRule {
  return { policy, key, effect: undefined, mentions: -1, reach, notes: [] };
}
