import Type from 'typebox';
import type { Evidence } from '../../../check/truth.ts';
import type { ConfigValue } from '../../../facts.ts';
import { observedValue } from '../../../node-view.ts';
import { reasonOf } from '../../../settings/from-observation.ts';
import { type AuditPolicy, readAuditPolicy } from '../../audit/policy.ts';
import {
  type ApiServer,
  apiServersOf,
  isGiven,
  judgeServers,
  type Part,
  settingEvidence,
} from '../../control-plane.ts';
import type { Survey } from '../../survey.ts';
import { Asked, answersOf, Identity } from './answers.ts';
import { verdictOn } from './verdict.ts';

const schema = Type.Object(
  {
    /** true: each must be recorded as it should be. false: it is enough that one of them is recorded. */
    every: Type.Boolean(),
    identities: Type.Array(Identity, { minItems: 1 }),
    namespaces: Type.Array(Type.String(), { minItems: 1 }),
    requests: Type.Array(Asked, { minItems: 1 }),
  },
  { additionalProperties: false },
);

const fact = 'kube-apiserver.audit-policy';

/**
 * Does every API server record these requests? `identities`, `namespaces`: on whose behalf and where they are asked; names of people
 * and namespaces that the policy itself singles out are asked as well.
 */
export const auditPolicy: Survey = {
  schema,
  each: 'cluster',
  needs: () => [],
  facts: true,
  judge(context, operands) {
    return [judgeServers(apiServersOf(context), (server) => judgeServer(server, operands as unknown as AuditOperands))];
  },
};

/** Operands of the survey, as its schema has them. */
export interface AuditOperands {
  readonly every: boolean;
  readonly identities: readonly Identity[];
  readonly namespaces: readonly string[];
  readonly requests: readonly Asked[];
}

function judgeServer(server: ApiServer, operands: AuditOperands): Part {
  const file = server.settings.get('audit-policy-file');
  if (!file.known) return error(file.reason, file.detail);
  if (!isGiven(file)) {
    const evidence = [settingEvidence(server, file, 'an audit policy', false)];
    return {
      status: 'fail',
      reason: 'no-policy',
      message: 'No audit policy is given, so nothing is recorded.',
      evidence,
    };
  }
  const backends = ['audit-log-path', 'audit-webhook-config-file'].map((key) => server.settings.get(key));
  const lines = backends.map((one) => settingEvidence(server, one, 'a log or a webhook', isGiven(one)));
  const unknown = backends.find((one) => !one.known);
  if (!backends.some(isGiven)) {
    if (unknown && !unknown.known) return error(unknown.reason, unknown.detail);
    const message = 'A policy is given but neither a log nor a webhook, so nothing is recorded.';
    return { status: 'fail', reason: 'no-backend', message, evidence: lines };
  }
  const backend = lines.filter(({ holds }) => holds === true);
  const read = readPolicy(server);
  if ('status' in read) return read;
  const part = verdictOn(answersOf(read.policy, operands), operands.every, read.source);
  return { ...part, evidence: [...part.evidence, ...backend] };
}

/** Where the policy stands. */
export interface PolicySource {
  readonly subject: string;
  readonly path: string;
}

function readPolicy(server: ApiServer): Part | { readonly policy: AuditPolicy; readonly source: PolicySource } {
  const observation = server.view.get(fact, server.instance);
  const value = observedValue<ConfigValue>(observation);
  if (!value) return error(reasonOf(observation), observation?.detail ?? `${fact} was not observed`);
  const read = readAuditPolicy(value.document);
  if (read.ok) return { policy: read.policy, source: { subject: server.name, path: value.path } };
  return error('parse-error', `${value.path}: ${read.problem}; an API server refuses to start with it`);
}

function error(reason: string, message: string): Part {
  const evidence: readonly Evidence[] = [];
  return { status: 'error', reason, message, evidence };
}
