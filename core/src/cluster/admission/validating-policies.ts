import type { Evidence } from '../../check/truth.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../pod-security/pod.ts';
import type { ClusterContext } from '../survey.ts';
import { isPluginOff } from './api-servers.ts';
import { type EngineRule, line, mentionedIn, withoutEphemeral } from './engine-rule.ts';
import { coveredBy, narrower, type Reach, reachOf } from './match.ts';
import { celRule } from './probe/cel-rule.ts';
import { effectOf, type RuleEffect } from './probe/refused.ts';

const policies = 'validatingadmissionpolicies';
const bindings = 'validatingadmissionpolicybindings';

/** Policies of the API server itself (ValidatingAdmissionPolicy), by their bindings that deny. */
export function admissionPolicies(context: ClusterContext): readonly EngineRule[] {
  if (isPluginOff(context, 'ValidatingAdmissionPolicy')) return [];
  return context.view.all(bindings).flatMap((binding) => {
    const spec = objectIn(binding.fields, 'spec');
    if (!textsIn(spec, 'validationActions').includes('Deny')) return [];
    const policy = context.view.get(policies, '', textIn(spec, 'policyName') ?? '');
    if (!policy) return [];
    const resources = objectIn(spec, 'matchResources');
    const own = policyRule(policy, 'spec.validations');
    const rules = objectsIn(resources, 'resourceRules');
    const narrowed = rules.length === 0 || coveredBy(rules).pods;
    const left = coveredBy(objectsIn(resources, 'excludeResourceRules')).pods;
    if (!own || !narrowed || left) return [];
    const reach = (namespace: ClusterObject) => narrower(own.reach(namespace), reachOf(resources, namespace));
    const broken = (binding.malformed ?? []).length > 0;
    return [{ ...own, reach: broken ? (): Reach => 'unclear' : reach, notes: [...own.notes, boundBy(binding)] }];
  });
}

function boundBy(binding: ClusterObject): Evidence {
  return line({ policy: binding, key: 'spec.validationActions' }, 'denies', null);
}

/** The rule of a policy that is written as ValidatingAdmissionPolicy is; undefined where it is not about the creation of pods. */
export function policyRule(policy: ClusterObject, key: string): EngineRule | undefined {
  const spec = objectIn(policy.fields, 'spec');
  const constraints = objectIn(spec, 'matchConstraints');
  const covered = coveredBy(objectsIn(constraints, 'resourceRules'));
  if (!covered.pods || coveredBy(objectsIn(constraints, 'excludeResourceRules')).pods) return undefined;
  const effect = understood(policy, spec);
  const ignores = textIn(spec, 'failurePolicy') === 'Ignore';
  const hole = line(
    { policy, key: 'spec.failurePolicy' },
    'Ignore: where a rule cannot be evaluated, pods get in',
    null,
  );
  return {
    policy,
    key,
    effect: effect && !covered.ephemeral ? withoutEphemeral(effect) : effect,
    mentions: mentionedIn(JSON.stringify(spec)),
    reach: (namespace) => reachOf(constraints, namespace),
    notes: ignores ? [hole] : [],
  };
}

const effects = new WeakMap<ClusterObject, { readonly effect: RuleEffect | undefined }>();

/** Rules that ask for parameters, and what could not be read whole, are not understood. */
function understood(policy: ClusterObject, spec: JsonObject): RuleEffect | undefined {
  const before = effects.get(policy);
  if (before) return before.effect;
  const broken = (policy.malformed ?? []).length > 0 || spec['paramKind'] !== undefined;
  const rule = broken
    ? undefined
    : celRule({
        validations: textsOf(spec, 'validations'),
        conditions: textsOf(spec, 'matchConditions'),
        variables: objectsIn(spec, 'variables').map((one) => ({
          name: textIn(one, 'name') ?? '',
          expression: textIn(one, 'expression') ?? '',
        })),
      });
  const effect = rule && effectOf(rule);
  effects.set(policy, { effect });
  return effect;
}

function textsOf(spec: JsonObject, key: string): readonly string[] {
  return objectsIn(spec, key).map((one: Json) => textIn(one as JsonObject, 'expression') ?? '');
}
