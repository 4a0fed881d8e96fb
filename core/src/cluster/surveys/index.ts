import type { Survey } from '../survey.ts';
import { accountTokens } from './account-tokens.ts';
import { auditPolicy } from './audit-policy/audit-policy.ts';
import { bootstrapTokens } from './bootstrap-tokens.ts';
import { clientCertificates } from './client-certificates.ts';
import { externalSecrets } from './external-secrets.ts';
import { grants } from './grants/grants.ts';
import { imageProvenance } from './image-provenance/image-provenance.ts';
import { namespaceBoundaries } from './namespace-boundaries.ts';
import { networkCoverage } from './network-coverage/network-coverage.ts';
import { networkPlugin } from './network-plugin.ts';
import { podPolicy } from './pod-policy/pod-policy.ts';
import { policyMechanism } from './pod-policy/policy-mechanism.ts';
import { systemMasters } from './system-masters/system-masters.ts';
import { defaultAccounts } from './tokens/default-accounts.ts';
import { tokenAutomount } from './tokens/token-automount.ts';
import { unusedNamespace } from './unused-namespace.ts';
import { wildcardRoles } from './wildcard-roles.ts';
import { workloadRule } from './workload-rule/workload-rule.ts';

/** Every survey by name; a control of the cluster names one of them. */
export const surveys: ReadonlyMap<string, Survey> = new Map<string, Survey>([
  ['external-secrets', externalSecrets],
  ['namespace-boundaries', namespaceBoundaries],
  ['image-provenance', imageProvenance],
  ['network-plugin', networkPlugin],
  ['network-coverage', networkCoverage],
  ['account-tokens', accountTokens],
  ['bootstrap-tokens', bootstrapTokens],
  ['client-certificates', clientCertificates],
  ['audit-policy', auditPolicy],
  ['pod-policy', podPolicy],
  ['policy-mechanism', policyMechanism],
  ['grants', grants],
  ['system-masters', systemMasters],
  ['default-accounts', defaultAccounts],
  ['token-automount', tokenAutomount],
  ['unused-namespace', unusedNamespace],
  ['wildcard-roles', wildcardRoles],
  ['workload-rule', workloadRule],
]);
