import type { JsonObject } from '../../json.ts';
import { asksAdmission } from '../admission/kyverno/policies.ts';
import { type Reach, reachOf } from '../admission/match.ts';
import { hookOf, isGatekeeper, isKyverno } from '../admission/webhooks.ts';
import { fieldEvidence } from '../evidence.ts';
import type { ClusterObject } from '../objects.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../pod-security/pod.ts';
import { constraints } from '../resources.ts';
import type { ClusterContext } from '../survey.ts';
import type { Verifier } from './verifier.ts';

const hooks = 'validatingwebhookconfigurations';
const clusterPolicies = 'kyverno.io/clusterpolicies';
const imagePolicies = 'policies.kyverno.io/imagevalidatingpolicies';
const sigstorePolicies = 'policy.sigstore.dev/clusterimagepolicies';

/** Resources by which policy engines verify images. */
export const engineResources: readonly string[] = [
  hooks,
  clusterPolicies,
  imagePolicies,
  sigstorePolicies,
  constraints,
];

/** Policies of Kyverno, the policy controller of Sigstore, and Ratify behind Gatekeeper. An engine without its webhook does nothing. */
export function engineVerifiers(context: ClusterContext): readonly Verifier[] {
  const kyverno = context.view.all(hooks).some(isKyverno);
  return [
    ...(kyverno ? context.view.all(clusterPolicies).flatMap((one) => kyvernoRules(one)) : []),
    ...(kyverno ? context.view.all(imagePolicies).map(imageValidating) : []),
    ...sigstore(context),
    ...ratify(context),
  ];
}

function verifierOf(object: ClusterObject, key: string, weakness: string, reach: Verifier['reach']): Verifier {
  const enforces = weakness === '';
  const actual = enforces ? 'refuses what it cannot verify' : weakness;
  const line = fieldEvidence({ ...object, key }, actual, 'images are verified at admission', enforces ? true : null);
  return { line, enforces, weakness, reach };
}

function kyvernoRules(policy: ClusterObject): readonly Verifier[] {
  const spec = objectIn(policy.fields, 'spec');
  return objectsIn(spec, 'rules').flatMap((rule) => {
    const images = objectsIn(rule, 'verifyImages');
    if (images.length === 0) return [];
    const fallback = textIn(spec, 'validationFailureAction') ?? 'Audit';
    const enforces = images.every((one) => (textIn(one, 'failureAction') ?? fallback).toLowerCase() === 'enforce');
    const all = images.some((one) => textsIn(one, 'imageReferences').some((glob) => glob === '*' || glob === '*:*'));
    const skips = images.some((one) => textsIn(one, 'skipImageReferences').length > 0);
    const reach: Reach = all && !skips && takesEveryPod(rule) ? 'whole' : 'partly';
    const optional = images.every((one) => one['required'] === false);
    const weakness = !enforces || spec['admission'] === false ? 'only audits' : optional ? 'asks for no signature' : '';
    return [verifierOf(policy, 'spec.rules[].verifyImages', weakness, () => reach)];
  });
}

/** A rule that leaves out no namespace, name, label or user. */
function takesEveryPod(rule: JsonObject): boolean {
  if (rule['exclude'] !== undefined || rule['preconditions'] !== undefined) return false;
  const match = objectIn(rule, 'match');
  const filters = [...objectsIn(match, 'any'), ...(match['resources'] === undefined ? [] : [match])];
  const all = objectsIn(match, 'all');
  const isPlain = (filter: JsonObject) => {
    const resources = objectIn(filter, 'resources');
    const kinds = textsIn(resources, 'kinds').some((kind) => /^(?:v1\/|\*\/)?(?:Pod|\*)$/.test(kind));
    return (
      kinds &&
      Object.keys(filter).every((key) => key === 'resources') &&
      Object.keys(resources).every((key) => ['kinds', 'operations'].includes(key))
    );
  };
  return all.length > 0 ? all.every(isPlain) && filters.length === 0 : filters.some(isPlain);
}

function imageValidating(policy: ClusterObject): Verifier {
  const spec = objectIn(policy.fields, 'spec');
  const actions = textsIn(spec, 'validationActions');
  const asked = asksAdmission(objectIn(spec, 'evaluation'));
  const denies = asked && (actions.length === 0 || actions.includes('Deny'));
  const all = objectsIn(spec, 'matchImageReferences').some((one) => ['*', '**'].includes(textIn(one, 'glob') ?? ''));
  const narrow = !all || objectsIn(spec, 'matchConditions').length > 0;
  return verifierOf(
    policy,
    'spec.validationActions',
    denies ? '' : asked ? `only ${actions.join(', ')}` : 'not asked at admission',
    (namespace) => {
      const reach = reachOf(objectIn(spec, 'matchConstraints'), namespace);
      return reach === 'whole' && narrow ? 'partly' : reach;
    },
  );
}

/** The policy controller refuses images that no policy speaks of, in namespaces that its webhook is asked about. */
function sigstore(context: ClusterContext): readonly Verifier[] {
  const hook = hookOf(context, ({ name }) => name === 'policy.sigstore.dev');
  if (!hook) return [];
  const ignores = hook.notes.length > 0;
  return context.view.all(sigstorePolicies).map((policy) => {
    const spec = objectIn(policy.fields, 'spec');
    const authorities = objectsIn(spec, 'authorities');
    const passes =
      authorities.length === 0 || authorities.some((one) => textIn(objectIn(one, 'static'), 'action') === 'pass');
    const warns = textIn(spec, 'mode') === 'warn';
    const weakness = warns
      ? 'only warns'
      : passes
        ? 'passes without a signature'
        : ignores
          ? 'lets pods in while its webhook does not answer'
          : '';
    return verifierOf(policy, 'spec.authorities', weakness, hook.reach);
  });
}

function ratify(context: ClusterContext): readonly Verifier[] {
  const hook = hookOf(context, isGatekeeper);
  if (!hook) return [];
  const ours = context.view.all(constraints).filter(({ kind }) => kind.startsWith('Ratify'));
  return ours.map((constraint) => {
    const spec = objectIn(constraint.fields, 'spec');
    const action = textIn(spec, 'enforcementAction') ?? 'deny';
    const narrow = Object.keys(objectIn(spec, 'match')).some((key) => key !== 'kinds');
    const ignores = hook.notes.length > 0 ? 'lets pods in while its webhook does not answer' : '';
    return verifierOf(
      constraint,
      'spec.enforcementAction',
      action === 'deny' ? ignores : `only ${action}`,
      (namespace) => (narrow && hook.reach(namespace) === 'whole' ? 'partly' : hook.reach(namespace)),
    );
  });
}
