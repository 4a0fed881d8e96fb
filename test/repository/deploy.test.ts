import { clusterEntries, constraintGroup, constraints, facts, matchesGlob, resources } from '@plumbline/core';
import { describe, expect, it } from 'vitest';
import { shippedPack } from '../pack.ts';
import { type Item, itemsOf, type Manifest, readManifests } from './manifests.ts';

const manifests = readManifests();
const optIn = readManifests('watch-secrets');

/** What the pods may mount, and nothing else: mount path, volume, `ro` or `rw`, propagation. */
const mounts: Readonly<Record<string, readonly string[]>> = {
  'DaemonSet/plumbline-agent': [
    '/host host ro HostToContainer',
    '/host/proc host-proc ro HostToContainer',
    '/host/sys nothing ro',
    '/host/dev nothing ro',
    '/var/spool/plumbline spool rw',
    '/etc/plumbline/ca ca ro',
    '/var/run/secrets/plumbline identity ro',
  ],
  'Deployment/plumbline-aggregator': [
    '/var/lib/plumbline database rw',
    '/tmp tmp rw',
    '/etc/plumbline/tls tls ro',
    '/etc/plumbline/tokens tokens ro',
  ],
};

const volumes: Readonly<Record<string, readonly string[]>> = {
  'DaemonSet/plumbline-agent': [
    'host hostPath {"path":"/","type":"Directory"}',
    'host-proc hostPath {"path":"/proc","type":"Directory"}',
    'nothing emptyDir {"sizeLimit":"1Mi"}',
    'spool emptyDir {"sizeLimit":"64Mi"}',
    'ca configMap {"name":"plumbline-ca"}',
    'identity projected {"defaultMode":256,"sources":[{"serviceAccountToken":{"audience":"plumbline","expirationSeconds":600,"path":"token"}}]}',
  ],
  'Deployment/plumbline-aggregator': [
    'database persistentVolumeClaim {"claimName":"plumbline-database"}',
    'tmp emptyDir {"sizeLimit":"256Mi"}',
    'tls secret {"secretName":"plumbline-tls","defaultMode":288}',
    'tokens secret {"secretName":"plumbline-tokens","defaultMode":288}',
  ],
};

/** Rules besides the watches of what controls read. */
const rules: readonly string[] = ['/nodes list,watch', 'authentication.k8s.io/tokenreviews create'];

const objects: readonly string[] = [
  'ClusterRole/plumbline-aggregator',
  'ClusterRoleBinding/plumbline-aggregator',
  'DaemonSet/plumbline-agent',
  'Deployment/plumbline-aggregator',
  'Namespace/plumbline',
  'Namespace/plumbline-agents',
  'NetworkPolicy/default-deny',
  'NetworkPolicy/default-deny',
  'NetworkPolicy/plumbline-agent',
  'NetworkPolicy/plumbline-aggregator',
  'PersistentVolumeClaim/plumbline-database',
  'Service/plumbline-aggregator',
  'ServiceAccount/plumbline-agent',
  'ServiceAccount/plumbline-aggregator',
];

interface Container {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly Readonly<Record<string, unknown>>[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
}

function nameOf({ object }: Manifest): string {
  return `${String(object['kind'])}/${String((object['metadata'] as { name: string }).name)}`;
}

function podOf(name: string): PodSpec {
  const manifest = manifests.find((entry) => nameOf(entry) === name);
  if (manifest === undefined) throw new Error(`${name} is not in deploy/manifests`);
  return (manifest.object['spec'] as { template: { spec: PodSpec } }).template.spec;
}

function mountText(mount: Readonly<Record<string, unknown>>): string {
  const { name, mountPath, readOnly, mountPropagation, ...rest } = mount;
  expect(rest, 'no other way to mount').toEqual({});
  return [mountPath, name, readOnly === true ? 'ro' : 'rw', mountPropagation].filter((part) => part).join(' ');
}

function volumeText(volume: Readonly<Record<string, unknown>>): string {
  const { name, ...source } = volume;
  return `${String(name)} ${Object.entries(source)
    .map(([kind, value]) => `${kind} ${JSON.stringify(value)}`)
    .join(' ')}`;
}

function items(key: string, each: boolean): readonly Item[] {
  return manifests.flatMap((manifest) => itemsOf(manifest, key, each));
}

const pods = Object.keys(mounts);

/** `group/resource verbs` of every rule, one a resource. */
function grants(from: readonly Manifest[]): readonly string[] {
  return from
    .filter(({ object }) => String(object['kind']).endsWith('Role'))
    .flatMap(({ object }) => object['rules'] as readonly Readonly<Record<string, readonly string[]>>[])
    .flatMap(({ apiGroups = [], resources: named = [], verbs = [], ...rest }) => {
      expect(rest).toEqual({});
      return apiGroups.flatMap((group) => named.map((resource) => `${group}/${resource} ${verbs.join()}`));
    });
}

describe('deploy/manifests', () => {
  it('holds these objects and no others', () => {
    expect(manifests.map(nameOf).sort()).toEqual(objects);
  });

  it.each(pods)('%s mounts what is on the list', (name) => {
    const { containers, initContainers, volumes: declared } = podOf(name);
    expect(initContainers).toBeUndefined();
    expect(containers.map(({ volumeMounts }) => volumeMounts.map(mountText))).toEqual([mounts[name]]);
    expect(declared.map(volumeText)).toEqual(volumes[name]);
  });

  it.each(pods)('%s has no capability, no escalation, no namespace of the host', (name) => {
    const pod = podOf(name);
    for (const key of ['hostPID', 'hostNetwork', 'hostIPC']) expect(pod[key] ?? false, key).toBe(false);
    expect(pod['securityContext']).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of pod.containers) {
      expect(securityContext['capabilities']).toEqual({ drop: ['ALL'] });
      expect(securityContext).toMatchObject({
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
      for (const key of ['procMount', 'seLinuxOptions', 'appArmorProfile', 'seccompProfile', 'windowsOptions']) {
        expect(securityContext, key).not.toHaveProperty(key);
      }
    }
  });

  it('gives the agent no token of the API server and no role', () => {
    expect(podOf('DaemonSet/plumbline-agent')['automountServiceAccountToken']).toBe(false);
    const subjects = manifests.flatMap(({ object }) => (object['subjects'] ?? []) as readonly { name: string }[]);
    expect(subjects.map(({ name }) => name)).toEqual(['plumbline-aggregator']);
  });

  it('runs the aggregator as nobody in particular', () => {
    expect(podOf('Deployment/plumbline-aggregator')['securityContext']).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
    });
  });

  it('grants list and watch of exactly what controls read, and what is on the list', () => {
    const watched = resources
      .filter(({ presence }) => presence !== 'opt-in')
      .map(({ group, plural }) => `${group}/${plural} list,watch`);
    const granted = grants(manifests);
    const constraints = granted.filter((one) => one.startsWith(`${constraintGroup}/`));
    expect(constraints.length).toBeGreaterThan(0);
    expect(granted.filter((one) => !constraints.includes(one)).sort()).toEqual([...rules, ...watched].sort());
    expect(constraints.every((one) => / list,watch$/.test(one))).toBe(true);
  });

  it('grants nothing by a wildcard, and nothing through a node', () => {
    expect([...grants(manifests), ...grants(optIn)].filter((one) => /[*]|proxy/.test(one))).toEqual([]);
  });

  it('grants secrets in the component alone that somebody has to add', () => {
    expect(grants(optIn)).toEqual(['/secrets list,watch']);
    const bound = optIn.flatMap(({ object }) => (object['subjects'] ?? []) as readonly { name: string }[]);
    expect(bound.map(({ name }) => name)).toEqual(['plumbline-aggregator']);
  });

  it('enforces Pod Security: restricted, and privileged for the agents alone', () => {
    const label = 'pod-security.kubernetes.io/enforce';
    const enforced = manifests
      .filter(({ object }) => object['kind'] === 'Namespace')
      .map(({ object }) => object['metadata'] as { name: string; labels: Record<string, string> })
      .map(({ name, labels }) => `${name} ${labels[label]}`);
    expect(enforced).toEqual(['plumbline restricted', 'plumbline-agents privileged']);
  });

  it('denies the network by default in both namespaces', () => {
    const denied = manifests
      .filter((manifest) => nameOf(manifest) === 'NetworkPolicy/default-deny')
      .map(({ object }) => [(object['metadata'] as { namespace: string }).namespace, object['spec']]);
    const everything = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    expect(denied).toEqual([
      ['plumbline', everything],
      ['plumbline-agents', everything],
    ]);
  });
});

describe('reasons in deploy/manifests', () => {
  const needed: readonly (readonly [key: string, each: boolean])[] = [
    ['volumeMounts', true],
    ['volumes', true],
    ['verbs', false],
    ['add', true],
    ['hostPID', false],
    ['hostNetwork', false],
    ['hostIPC', false],
    ['tolerations', true],
    ['fsGroup', false],
    ['ingress', true],
    ['egress', true],
  ];

  it.each(needed)('stand beside every one of %s', (key, each) => {
    const silent = items(key, each).filter(
      ({ comments }) => !comments.some((text) => /^(fact|needed by): \S/.test(text)),
    );
    expect(silent.map(({ where }) => where)).toEqual([]);
  });

  it('stand beside uid 0, the token of the API server and the privileged namespace', () => {
    const strong = [
      ...items('runAsUser', false).filter(({ value }) => value === 0),
      ...items('automountServiceAccountToken', false).filter(({ value }) => value === true),
      ...items('pod-security.kubernetes.io/enforce', false).filter(({ value }) => value === 'privileged'),
    ];
    expect(strong.length).toBe(3);
    for (const { where, comments } of strong) expect(comments.join(), where).toMatch(/needed by: /);
  });

  it('name facts of the dictionary, and between them every fact', () => {
    const named = items('volumeMounts', true)
      .flatMap(({ comments }) => comments)
      .filter((text) => text.startsWith('fact: '))
      .flatMap((text) => text.slice('fact: '.length).split(' '));
    // the agent reports on itself without reading the host
    expect([...named, 'node.agent'].sort()).toEqual([...facts.keys()].sort());
  });

  it('name beside every watch exactly the controls that are errors without it', () => {
    const roles = [...manifests, ...optIn].filter(({ object }) => object['kind'] === 'ClusterRole');
    const wrong = roles.flatMap((manifest) => {
      const reasons = itemsOf(manifest, 'verbs', false);
      return (manifest.object['rules'] as readonly Rule[]).flatMap((rule, index) => {
        const wanted = neededBy(rule);
        const { where = '', comments = [] } = reasons[index] ?? {};
        const named = [...clusterControls].filter((slug) => matchesGlob(wordsOf(comments), slug)).sort();
        return wanted.length === 0 || named.join() === wanted.join() ? [] : [`${where}: ${wanted.join(' ')}`];
      });
    });
    expect(wrong).toEqual([]);
    const byFacts = ['audit-policy-coverage', 'audit-policy-minimal'];
    const read = new Set(roles.flatMap(({ object }) => (object['rules'] as readonly Rule[]).flatMap(neededBy)));
    expect([...clusterControls].filter((slug) => !read.has(slug)).sort()).toEqual(byFacts);
  });
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

/** Controls of the cluster by slug, and what each reads in any document. */
const needs = new Map<string, Set<string>>();
for (const document of shippedPack().benchmarks) {
  for (const { control, needs: read } of clusterEntries(shippedPack(), { document, match: 'exact' }))
    needs.set(control.slug, new Set([...(needs.get(control.slug) ?? []), ...read]));
}
const clusterControls: ReadonlySet<string> = new Set(needs.keys());

/** The controls that a rule of a role serves. */
function neededBy({ apiGroups, resources: plurals }: Rule): readonly string[] {
  const names = apiGroups.includes(constraintGroup)
    ? [constraints]
    : resources.filter((one) => apiGroups.includes(one.group) && plurals.includes(one.plural)).map((one) => one.name);
  return [...needs].flatMap(([slug, read]) => (names.some((name) => read.has(name)) ? [slug] : [])).sort();
}

/** Words of the reason, without the signs between them. */
function wordsOf(comments: readonly string[]): readonly string[] {
  const reason = comments.find((text) => text.startsWith('needed by: ')) ?? '';
  return reason.slice('needed by: '.length).split(/[\s:]+/);
}
