import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { constraintGroup, type Resource, resources } from '@plumbline/core';
import { parse, parseAllDocuments } from 'yaml';
import { cluster, kubectl, until } from './cluster.ts';
import { end, inCluster } from './in-cluster.ts';
import type { Report } from './watch-reporter.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const manifests = join(root, 'deploy', 'manifests');

/** Who the deployed aggregator is. */
export const account = 'system:serviceaccount:plumbline:plumbline-aggregator';

/** A ClusterRole that is deployed, as kubectl takes it. */
export interface Role {
  readonly metadata: { readonly name: string };
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The roles of deploy/manifests, the one for secrets included. */
export function deployedRoles(): readonly Role[] {
  const texts = ['rbac.yaml', 'watch-secrets/rbac.yaml'].map((file) => readFileSync(join(manifests, file), 'utf8'));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((one) => one.toJS() as { kind: string } & Role));
  return objects.filter((one) => one.kind === 'ClusterRole');
}

/** A role without one verb on one resource; the rule is split for that. */
export function without({ rules, ...role }: Role, resource: Pick<Resource, 'group' | 'plural'>, verb: string): Role {
  const touches = (rule: Rule) => rule.apiGroups.includes(resource.group) && rule.resources.includes(resource.plural);
  return {
    ...role,
    rules: rules.flatMap((rule) => {
      if (!touches(rule)) return [rule];
      const others = { ...rule, resources: rule.resources.filter((one) => one !== resource.plural) };
      const rest = { ...rule, resources: [resource.plural], verbs: rule.verbs.filter((one) => one !== verb) };
      return [others, rest].filter((one) => one.resources.length > 0 && one.verbs.length > 0);
    }),
  };
}

/** Puts objects into the cluster as they are. */
export function replace(...objects: readonly object[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-apply-'));
  const file = join(folder, 'objects.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  try {
    kubectl('replace', '-f', file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kindOfConstraint = 'K8sPSPPrivilegedContainer';

/** Every resource that only a CRD brings, one kind of constraint among them. */
export const customs: readonly Pick<Resource, 'group' | 'plural' | 'kind' | 'namespaced' | 'versions'>[] = [
  ...resources.filter((one) => one.presence === 'crd'),
  {
    group: constraintGroup,
    plural: kindOfConstraint.toLowerCase(),
    kind: kindOfConstraint,
    namespaced: false,
    versions: ['v1beta1'],
  },
];

/** Definitions that take whatever is put into them. */
export function definitions(): readonly object[] {
  return customs.map(({ group, plural, kind, namespaced, versions }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'plumbline.test/watch': 'true' },
      // Groups under k8s.io are protected: this says that nobody approved it, which the API server accepts.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' },
    },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: versions[0],
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }));
}

/** Makes the namespaces, the account, its roles and every CRD; returns a kubeconfig of the account. */
export function prepare(folder: string): string {
  const files = ['namespaces.yaml', 'rbac.yaml', 'watch-secrets/rbac.yaml'].flatMap((file) => [
    '-f',
    join(manifests, file),
  ]);
  const crds = join(folder, 'crds.json');
  writeFileSync(crds, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions() }));
  kubectl('apply', ...files);
  kubectl('apply', '-f', crds);
  kubectl('wait', '--for=condition=Established', '--timeout=60s', '-f', crds);
  const admin = parse(readFileSync('/etc/kubernetes/admin.conf', 'utf8')) as { clusters: { cluster: object }[] };
  const token = kubectl('-n', 'plumbline', 'create', 'token', 'plumbline-aggregator', '--duration=2h').trim();
  const kubeconfig = join(folder, 'kubeconfig');
  const context = { cluster: 'test', user: 'aggregator' };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: admin.clusters[0]?.cluster }],
      users: [{ name: 'aggregator', user: { token } }],
      contexts: [{ name: 'test', context }],
    }),
    { mode: 0o600 },
  );
  return kubeconfig;
}

/** Takes all of it away again. */
export function tidy(): void {
  kubectl('delete', 'crd', '-l', 'plumbline.test/watch=true', '--ignore-not-found');
  for (const file of ['watch-secrets/rbac.yaml', 'rbac.yaml', 'namespaces.yaml']) {
    kubectl('delete', '--ignore-not-found', '-f', join(manifests, file));
  }
}

/** A cluster that is watched in another process. */
export interface Watching {
  /** The newest report that fits, or undefined while none does. */
  until(seconds: number, what: string, fits: (report: Report) => boolean): Promise<Report>;
  /** The newest report once no watch has begun again for longer than the longest pause between two tries; at most so many seconds. */
  calm(seconds: number): Promise<Report>;
  stop(): void;
}

/** A watch that failed tries again within 30 s. */
const longestPauseMs = 35_000;

/** Begins to watch as the account of this kubeconfig. */
export function watching(kubeconfig: string, renewalMs: number): Watching {
  const child = inCluster('test/e2e/lib/watch-reporter.ts', kubeconfig, String(renewalMs));
  if (!child.stdout) throw new Error('the reporter has no output');
  let last: Report | undefined;
  let quietSince = Date.now();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const before = JSON.stringify(last?.restarts);
    last = JSON.parse(line) as Report;
    if (JSON.stringify(last.restarts) !== before) quietSince = Date.now();
  });
  const wait: Watching['until'] = async (seconds, what, fits) => {
    try {
      return await until(seconds, what, () => (last && fits(last) ? last : undefined));
    } catch (error) {
      throw new Error(`${what}: ${JSON.stringify(last)}`, { cause: error });
    }
  };
  return {
    until: wait,
    calm: (seconds) => wait(seconds, 'no watch begins again', () => Date.now() - quietSince > longestPauseMs),
    stop: () => end(child),
  };
}

/** Waits until a new API server runs with this word, or without it, on its command line, and answers. */
export async function apiServerRuns(word: string, runs: boolean): Promise<void> {
  await until(180, `the API server runs ${runs ? 'with' : 'without'} ${word}`, () => {
    const lines = commandLines().filter((one) => /(^|\/)kube-apiserver\0/.test(one));
    if (lines.length !== 1 || lines[0]?.split('\0').includes(word) !== runs) return undefined;
    kubectl('get', '--raw', '/readyz');
    return true;
  });
  cluster('in', 'kubectl', 'wait', '--for=condition=Ready', 'node', '--all', '--timeout=120s');
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch (error) {
        // A process that ended in between is none.
        if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return [];
        throw error;
      }
    });
}
