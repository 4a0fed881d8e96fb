import type { ClusterObject } from '../objects.ts';
import type { ClusterContext } from '../survey.ts';
import { type Coverage, type Part, together } from './coverage.ts';
import { type EngineRule, partOf } from './engine-rule.ts';
import { gatekeeperResources, gatekeeperRules } from './gatekeeper/constraints.ts';
import { kyvernoResources, kyvernoRules } from './kyverno/policies.ts';
import { otherRules } from './other-engines.ts';
import { podSecurityAdmission } from './pod-security-admission.ts';
import { podSecurityPolicy } from './pod-security-policy.ts';
import { admissionPolicies } from './validating-policies.ts';

/** Resources that say what is refused at admission, besides the namespaces themselves. */
export const admissionResources: readonly string[] = [
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'customresourcedefinitions',
  ...kyvernoResources,
  ...gatekeeperResources,
];

type Mechanism = (context: ClusterContext, namespace: ClusterObject) => Part;

const mechanisms: readonly Mechanism[] = [
  podSecurityAdmission,
  podSecurityPolicy,
  (context, namespace) => partOf(rulesOf(context), namespace),
];

/** Rules of every engine, read once while no policy changes. */
function rulesOf(context: ClusterContext): readonly EngineRule[] {
  const key = `admission rules ${context.version ?? ''}`;
  return context.shared(key, ['nodes', ...admissionResources], () => engines.flatMap((engine) => engine(context)));
}

const engines: readonly ((context: ClusterContext) => readonly EngineRule[])[] = [
  admissionPolicies,
  kyvernoRules,
  gatekeeperRules,
  otherRules,
];

/** What admission refuses in a namespace; the same for all controls, computed once while nothing of it changes. */
export function coverageOf(context: ClusterContext, namespace: ClusterObject): Coverage {
  const key = `admission coverage ${context.version ?? ''}`;
  const known = context.shared(key, ['nodes', ...admissionResources], () => new WeakMap<ClusterObject, Coverage>());
  const before = known.get(namespace);
  if (before) return before;
  const coverage = together(mechanisms.map((mechanism) => mechanism(context, namespace)));
  known.set(namespace, coverage);
  return coverage;
}
