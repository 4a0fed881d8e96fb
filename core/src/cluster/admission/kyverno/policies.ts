import type { Evidence } from '../../../check/truth.ts';
import type { JsonObject } from '../../../json.ts';
import { matchesGlob } from '../../glob.ts';
import type { ClusterObject } from '../../objects.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../../pod-security/pod.ts';
import { fitsSelector } from '../../selector.ts';
import type { ClusterContext } from '../../survey.ts';
import { type EngineRule, line, mentionedIn, withoutEphemeral } from '../engine-rule.ts';
import { labelsOf, narrower, type Reach } from '../match.ts';
import type { RuleEffect } from '../probe/refused.ts';
import { policyRule } from '../validating-policies.ts';
import { type EngineHook, hookOf, isKyverno } from '../webhooks.ts';
import { excludedReach, matchReach } from './match.ts';
import { effectOfRule } from './validate.ts';

const clusterPolicies = 'kyverno.io/clusterpolicies';
const policies = 'kyverno.io/policies';
const exceptions = 'kyverno.io/policyexceptions';
const validatingPolicies = 'policies.kyverno.io/validatingpolicies';
const newExceptions = 'policies.kyverno.io/policyexceptions';

export const kyvernoResources: readonly string[] = [
  clusterPolicies,
  policies,
  exceptions,
  validatingPolicies,
  newExceptions,
];

/** Policies of Kyverno that enforce. Without its webhook they do nothing. */
export function kyvernoRules(context: ClusterContext): readonly EngineRule[] {
  const hook = hookOf(context, isKyverno);
  if (!hook) return [];
  const { view } = context;
  const old = [...view.all(clusterPolicies), ...view.all(policies)].flatMap((policy) => {
    const named = policy.namespace === '' ? policy.name : `${policy.namespace}/${policy.name}`;
    const excepting = view.all(exceptions).filter((one) => exceptedRules(one, named).length > 0);
    return rulesOf(policy, excepting, named, hook);
  });
  return [
    ...old,
    ...view.all(validatingPolicies).flatMap((policy) => byExpressions(policy, view.all(newExceptions), hook)),
  ];
}

/** A ValidatingPolicy is written as the API server's own policies are. Whom its exceptions leave out, their expressions say: nobody reads them here. */
function byExpressions(
  policy: ClusterObject,
  excepting: readonly ClusterObject[],
  hook: EngineHook,
): readonly EngineRule[] {
  const spec = objectIn(policy.fields, 'spec');
  const actions = textsIn(spec, 'validationActions');
  // Kyverno denies where no action is named.
  if ((actions.length > 0 && !actions.includes('Deny')) || !asksAdmission(objectIn(spec, 'evaluation'))) return [];
  const rule = policyRule(policy, 'spec.validations');
  if (!rule) return [];
  const own = excepting.filter((one) => refersTo(one, policy));
  const notes = own.map((one) => line({ policy: one, key: 'spec.policyRefs' }, `excepts pods of ${policy.name}`, null));
  const reach = own.length > 0 ? (): Reach => 'unclear' : rule.reach;
  return [
    hooked(
      {
        ...rule,
        reach: (namespace) => narrower(rule.reach(namespace), reach(namespace)),
        notes: [...rule.notes, ...notes],
      },
      hook,
    ),
  ];
}

/** Policies for scans in the background, and for what is no object of Kubernetes, refuse nothing at admission. */
export function asksAdmission(evaluation: JsonObject): boolean {
  const mode = textIn(evaluation, 'mode') ?? 'Kubernetes';
  return mode === 'Kubernetes' && objectIn(evaluation, 'admission')['enabled'] !== false;
}

function refersTo({ fields, malformed }: ClusterObject, { kind, name }: ClusterObject): boolean {
  const named = objectsIn(objectIn(fields, 'spec'), 'policyRefs').some(
    (one) => textIn(one, 'name') === name && (textIn(one, 'kind') ?? kind) === kind,
  );
  return named || malformed !== undefined;
}

function hooked(rule: EngineRule, hook: EngineHook): EngineRule {
  return {
    ...rule,
    notes: [...rule.notes, ...hook.notes],
    reach: (namespace) => narrower(rule.reach(namespace), hook.reach(namespace)),
  };
}

function rulesOf(
  policy: ClusterObject,
  excepting: readonly ClusterObject[],
  named: string,
  hook: EngineHook,
): readonly EngineRule[] {
  const spec = objectIn(policy.fields, 'spec');
  const rules = objectsIn(spec, 'rules').filter((rule) => rule['validate'] !== undefined);
  if (spec['admission'] === false) return [];
  // Which requests reach it, expressions say that nobody reads here.
  const asked: Reach =
    objectsIn(objectIn(spec, 'webhookConfiguration'), 'matchConditions').length > 0 ? 'unclear' : 'whole';
  const readable = (policy.malformed ?? []).length === 0 && (spec['applyRules'] !== 'One' || rules.length === 1);
  return rules.map((rule, index) => {
    const name = textIn(rule, 'name') ?? '';
    const own = excepting.filter((one) => exceptedRules(one, named).some((glob) => matchesGlob([glob], name)));
    const effect = readable ? remembered(policy, index, rule) : undefined;
    return hooked(
      {
        policy,
        key: `spec.rules[${name}]`,
        // Debug containers reach Kyverno by a resource of their own.
        effect: effect && !hook.ephemeral ? withoutEphemeral(effect) : effect,
        mentions: mentionedIn(JSON.stringify(rule)),
        reach: (namespace) => narrower(asked, ruleReach({ policy, spec, rule, exceptions: own }, namespace)),
        notes: notesOf(policy, rule, own),
      },
      hook,
    );
  });
}

const effects = new WeakMap<ClusterObject, Map<number, RuleEffect | undefined>>();

function remembered(policy: ClusterObject, index: number, rule: JsonObject): RuleEffect | undefined {
  const known = effects.get(policy) ?? new Map<number, RuleEffect | undefined>();
  effects.set(policy, known);
  if (!known.has(index)) known.set(index, effectOfRule(rule));
  return known.get(index);
}

function exceptedRules(exception: ClusterObject, named: string): readonly string[] {
  return objectsIn(objectIn(exception.fields, 'spec'), 'exceptions').flatMap((one) =>
    matchesGlob([textIn(one, 'policyName') ?? ''], named) ? textsIn(one, 'ruleNames') : [],
  );
}

interface Placed {
  readonly policy: ClusterObject;
  readonly spec: JsonObject;
  readonly rule: JsonObject;
  readonly exceptions: readonly ClusterObject[];
}

function ruleReach({ policy, spec, rule, exceptions: own }: Placed, namespace: ClusterObject): Reach {
  if (policy.namespace !== '' && policy.namespace !== namespace.name) return 'none';
  if (!enforces(spec, rule, namespace)) return 'none';
  const match = matchReach(objectIn(rule, 'match'), namespace);
  const excluded = excludedReach(rule['exclude'], namespace);
  if (excluded === 'whole' || own.some((one) => takesWhole(one, namespace))) return 'none';
  if (excluded === 'unclear') return narrower(match, 'unclear');
  return excluded === 'partly' ? narrower(match, 'partly') : match;
}

/** An exception with conditions, or for single controls of the standards, takes only some pods out. */
function takesWhole(exception: ClusterObject, namespace: ClusterObject): boolean {
  const spec = objectIn(exception.fields, 'spec');
  if (spec['conditions'] !== undefined) return false;
  return matchReach(objectIn(spec, 'match'), namespace) === 'whole';
}

function enforces(spec: JsonObject, rule: JsonObject, namespace: ClusterObject): boolean {
  const validate = objectIn(rule, 'validate');
  const overrides = [
    ...objectsIn(validate, 'failureActionOverrides'),
    ...objectsIn(spec, 'validationFailureActionOverrides'),
  ];
  const over = overrides.find((one) => isFor(one, namespace));
  const action =
    (over && textIn(over, 'action')) ??
    textIn(validate, 'failureAction') ??
    textIn(spec, 'validationFailureAction') ??
    'Audit';
  return action.toLowerCase() === 'enforce';
}

function isFor(override: JsonObject, namespace: ClusterObject): boolean {
  const names = textsIn(override, 'namespaces');
  if (names.length > 0 && !matchesGlob(names, namespace.name)) return false;
  const selector = override['namespaceSelector'];
  if (selector === undefined) return names.length > 0;
  return fitsSelector(selector, labelsOf(namespace)) === true;
}

function notesOf(policy: ClusterObject, rule: JsonObject, own: readonly ClusterObject[]): readonly Evidence[] {
  const excepted = own.map((one) =>
    line({ policy: one, key: 'spec.exceptions' }, `excepts pods of ${policy.name}`, null),
  );
  const key = `spec.rules[${textIn(rule, 'name') ?? ''}].exclude`;
  const left = rule['exclude'] === undefined ? [] : [line({ policy, key }, 'leaves some out', null)];
  return [...excepted, ...left];
}
