import type { ClusterObject } from '../objects.ts';
import type { ClusterContext } from '../survey.ts';
import { type Coverage, type Part, together } from './coverage.ts';
import { podSecurityAdmission } from './pod-security-admission.ts';
import { podSecurityPolicy } from './pod-security-policy.ts';

/** Resources that say what is refused at admission, besides the namespaces themselves. */
export const admissionResources: readonly string[] = [];

type Mechanism = (context: ClusterContext, namespace: ClusterObject) => Part;

const mechanisms: readonly Mechanism[] = [podSecurityAdmission, podSecurityPolicy];

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
