import { isJsonObject, type Json, type JsonObject } from '../../json.ts';

/** Levels of auditing, from nothing to everything. */
export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof auditLevels)[number];

/** Resources of one API group; '' is the core group. No `resources`: all of the group. */
export interface AuditResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** One rule. An empty list restricts nothing. `omitStages` has those of the policy in it. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly namespaces: readonly string[];
  readonly resources: readonly AuditResources[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly string[];
}

/** A policy as the API server reads it: rules in order. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
}

/** A policy, or why an API server would refuse to start with it. */
export type AuditPolicyRead =
  | { readonly ok: true; readonly policy: AuditPolicy }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a policy document. Source: k8s.io/apiserver/pkg/audit/policy/reader.go and pkg/apis/audit/validation: only audit.k8s.io/v1,
 * at least one rule, each with a known level; a rule is about resources or about other URLs, not both; stages exist, URLs begin with a slash and
 * have a star only at their end, groups are names of domains, and names of objects go with names of resources.
 */
export function readAuditPolicy(document: JsonObject): AuditPolicyRead {
  if (document['apiVersion'] !== 'audit.k8s.io/v1' || document['kind'] !== 'Policy')
    return { ok: false, problem: 'it is no Policy of audit.k8s.io/v1' };
  const given = document['rules'];
  if (!Array.isArray(given) || given.length === 0) return { ok: false, problem: 'it has no rules' };
  const omitted = texts(document['omitStages']);
  if (!omitted?.every(isStage)) return { ok: false, problem: 'omitStages is no list of stages' };
  const rules: AuditRule[] = [];
  for (const [index, one] of given.entries()) {
    const rule = readRule(one, omitted);
    if (typeof rule === 'string') return { ok: false, problem: `rule ${index + 1}: ${rule}` };
    rules.push(rule);
  }
  return { ok: true, policy: { rules } };
}

const lists = ['users', 'userGroups', 'verbs', 'namespaces', 'nonResourceURLs', 'omitStages'] as const;

function readRule(rule: Json, omitted: readonly string[]): AuditRule | string {
  if (!isJsonObject(rule)) return 'it is no object';
  const level = auditLevels.find((one) => one === rule['level']);
  if (!level) return `its level is ${JSON.stringify(rule['level'] ?? null)}`;
  const read: Partial<Record<(typeof lists)[number], readonly string[]>> = {};
  for (const name of lists) {
    const list = texts(rule[name]);
    if (!list) return `${name} is no list of texts`;
    read[name] = list;
  }
  const resources = readResources(rule['resources']);
  if (typeof resources === 'string') return resources;
  const { users = [], userGroups = [], verbs = [], namespaces = [], nonResourceURLs = [], omitStages = [] } = read;
  if (nonResourceURLs.length > 0 && resources.length + namespaces.length > 0)
    return 'it names resources and other URLs';
  if (!omitStages.every(isStage)) return 'it omits a stage that does not exist';
  if (!nonResourceURLs.every(isUrl)) return 'a URL is none';
  return {
    ...{ level, users, userGroups, verbs, namespaces, nonResourceURLs, resources },
    omitStages: [...omitted, ...omitStages],
  };
}

function readResources(value: Json | undefined): readonly AuditResources[] | string {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return 'resources is no list';
  const read: AuditResources[] = [];
  for (const one of value as readonly Json[]) {
    const group = isJsonObject(one) ? (one['group'] ?? '') : undefined;
    const resources = isJsonObject(one) ? texts(one['resources']) : undefined;
    const resourceNames = isJsonObject(one) ? texts(one['resourceNames']) : undefined;
    if (typeof group !== 'string' || !resources || !resourceNames) return 'an item of resources is malformed';
    if (group !== '' && !isDomain(group)) return `${group} is no group of the API`;
    if (resourceNames.length > 0 && resources.length === 0) return 'it names objects without their resource';
    read.push({ group, resources, resourceNames });
  }
  return read;
}

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

function isStage(stage: string): boolean {
  return stages.includes(stage);
}

function isUrl(url: string): boolean {
  return url === '*' || (url.startsWith('/') && !url.slice(0, -1).includes('*'));
}

function isDomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label));
}

/** A list of texts, [] where nothing is given, undefined where it is something else. */
function texts(value: Json | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const list: readonly Json[] = value;
  return list.every((one) => typeof one === 'string') ? (list as readonly string[]) : undefined;
}
