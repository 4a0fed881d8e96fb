import { expect, test } from 'vitest';
import { type AuditRequest, auditLevel } from '../../core/src/cluster/audit/audit-level.ts';
import { readAuditPolicy } from '../../core/src/cluster/audit/policy.ts';
import type { Json } from '../../core/src/json.ts';

const pods = { group: '', resource: 'pods', subresource: '' };
const exec = { ...pods, subresource: 'exec' };

function level(rules: Json, request: Partial<AuditRequest>, omitStages: Json = []): string {
  const read = readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules });
  if (!read.ok) throw new Error(read.problem);
  const whole = { user: 'jane', groups: ['ops'], verb: 'get', namespace: 'app', name: '', path: '', ...request };
  const answer = auditLevel(read.policy, whole);
  return `${answer.level} by ${answer.rule}`;
}

const rule = (fields: Json) => [{ level: 'Metadata', ...Object(fields) }];

// What the checker of the API server answers, rule by rule.
test.each([
  ['no rule matches', rule({ verbs: ['list'] }), { resource: pods }, 'None by 0'],
  ['the first rule decides', [{ level: 'None' }, { level: 'Request' }], { resource: pods }, 'None by 1'],
  ['one of the users', rule({ users: ['joe', 'jane'] }), { resource: pods }, 'Metadata by 1'],
  ['another user', rule({ users: ['joe'] }), { resource: pods }, 'None by 0'],
  ['a group', rule({ userGroups: ['ops'] }), { resource: pods }, 'Metadata by 1'],
  ['another group', rule({ userGroups: ['dev'] }), { resource: pods }, 'None by 0'],
  ['a namespace', rule({ namespaces: ['app'] }), { resource: pods }, 'Metadata by 1'],
  ['no namespace', rule({ namespaces: [''] }), { resource: pods, namespace: '' }, 'Metadata by 1'],
  ['a namespace is of resources only', rule({ namespaces: [''] }), { path: '/x', namespace: '' }, 'None by 0'],
  ['the core group needs no name', rule({ resources: [{ resources: ['pods'] }] }), { resource: pods }, 'Metadata by 1'],
  ['a group without resources', rule({ resources: [{ group: '' }] }), { resource: exec }, 'Metadata by 1'],
  ['another group of the API', rule({ resources: [{ group: 'apps' }] }), { resource: pods }, 'None by 0'],
  ['pods are not pods/exec', rule({ resources: [{ resources: ['pods'] }] }), { resource: exec }, 'None by 0'],
  ['pods/exec', rule({ resources: [{ resources: ['pods/exec'] }] }), { resource: exec }, 'Metadata by 1'],
  ['a star', rule({ resources: [{ resources: ['*'] }] }), { resource: exec }, 'Metadata by 1'],
  ['*/exec', rule({ resources: [{ resources: ['*/exec'] }] }), { resource: exec }, 'Metadata by 1'],
  ['*/exec is no pod', rule({ resources: [{ resources: ['*/exec'] }] }), { resource: pods }, 'None by 0'],
  ['pods/* is also pods', rule({ resources: [{ resources: ['pods/*'] }] }), { resource: pods }, 'Metadata by 1'],
  [
    'a name',
    rule({ resources: [{ resources: ['pods'], resourceNames: ['a'] }] }),
    { resource: pods, name: 'a' },
    'Metadata by 1',
  ],
  [
    'another name',
    rule({ resources: [{ resources: ['pods'], resourceNames: ['a'] }] }),
    { resource: pods, name: 'b' },
    'None by 0',
  ],
  ['a rule about resources', rule({ resources: [{ group: '' }] }), { path: '/x' }, 'None by 0'],
  ['a URL', rule({ nonResourceURLs: ['/healthz'] }), { path: '/healthz' }, 'Metadata by 1'],
  ['a URL and what is below it', rule({ nonResourceURLs: ['/healthz*'] }), { path: '/healthz/etcd' }, 'Metadata by 1'],
  ['every URL', rule({ nonResourceURLs: ['*'] }), { path: '/x' }, 'Metadata by 1'],
  ['another URL', rule({ nonResourceURLs: ['/healthz'] }), { path: '/healthz/etcd' }, 'None by 0'],
  ['a URL is no resource', rule({ nonResourceURLs: ['*'] }), { resource: pods }, 'None by 0'],
  ['some stage is left', rule({ omitStages: ['RequestReceived'] }), { resource: pods }, 'Metadata by 1'],
  ['no stage is left', rule({ omitStages: ['RequestReceived', 'ResponseComplete'] }), { resource: pods }, 'None by 1'],
  [
    'what streams has one more',
    rule({ omitStages: ['RequestReceived', 'ResponseComplete'] }),
    { resource: exec },
    'Metadata by 1',
  ],
] as const)('%s', (_, rules, request, answer) => {
  expect(level(rules as Json, request)).toBe(answer);
});

test('stages that the policy leaves out are left out of every rule', () => {
  expect(level(rule({ omitStages: ['ResponseComplete'] }), { resource: pods }, ['RequestReceived'])).toBe('None by 1');
});

test.each([
  [{ kind: 'Policy', rules: [{ level: 'None' }] }, 'no Policy'],
  [{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: 'all', rules: [{ level: 'None' }] }, 'omitStages'],
  [{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{}] }, 'level is null'],
  [{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'None', resources: {} }] }, 'no list'],
  [{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'None', resources: ['pods'] }] }, 'malformed'],
])('an API server does not start with %j', (document, problem) => {
  expect(readAuditPolicy(document)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});

test.each<readonly [Json, string]>([
  [{ omitStages: ['Later'] }, 'stage'],
  [{ nonResourceURLs: ['healthz'] }, 'URL'],
  [{ nonResourceURLs: [''] }, 'URL'],
  [{ nonResourceURLs: ['/a*b'] }, 'URL'],
  [{ resources: [{ group: 'Apps' }] }, 'Apps is no group'],
  [{ resources: [{ group: 'apps.' }] }, 'no group'],
  [{ resources: [{ resourceNames: ['a'] }] }, 'without their resource'],
])('nor with a rule %j', (fields, problem) => {
  const document = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'None', ...Object(fields) }] };
  expect(readAuditPolicy(document)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});
