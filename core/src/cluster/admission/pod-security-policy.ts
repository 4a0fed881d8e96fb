import type { ClusterContext } from '../survey.ts';
import { admittingServersOf } from './api-servers.ts';
import { type Doubt, nothing, type Part } from './coverage.ts';

const doubt: Doubt = {
  status: 'warn',
  reason: 'pod-security-policy',
  message:
    'PodSecurityPolicy may restrict pods up to 1.24, and its objects are not read: look at `kubectl get podsecuritypolicies` and at who may use them.',
};

/**
 * Policies of pods existed up to 1.24. Their objects are not watched, as no version that is still served has them: where their plugin is known to be off
 * they refuse nothing; where it is on, or nobody sees the API server, a person has to look.
 */
export function podSecurityPolicy(context: ClusterContext): Part {
  const { servers } = admittingServersOf(context);
  const minor = servers[0]?.minor ?? context.minor;
  if (minor === undefined || minor.major !== 1 || minor.minor > 24) return nothing;
  const off = servers.some(({ plugins }) => plugins && !plugins.has('PodSecurityPolicy'));
  return off ? nothing : { ...nothing, doubts: [doubt] };
}
