/**
 * `node test/defaults/extract/rbac.ts MODCACHE > benchmarks/defaults/rbac.yaml`: the roles and bindings that Kubernetes and kubeadm make,
 * over all minors. The bootstrap policy is read from its test data, which its own tests keep equal to the code.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface RawRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
interface RawObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly RawRule[] | null;
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[] | null;
}
interface Line {
  readonly binding: string;
  readonly role: string;
  readonly subject: string;
  readonly by: string;
  from: string;
  to?: string | undefined;
}

const policy = 'plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata';
const newest = 37;
const key = (kind: string, namespace: string | undefined, name: string) =>
  [kind.toLowerCase(), namespace ?? '', name].filter(Boolean).join('/');

/** Read in kubeadm's source: phases/bootstraptoken, addons, kubelet, uploadconfig, kubeconfig. */
const bootstrappers = 'group/system:bootstrappers:kubeadm:default-node-token';
const kubeadm: readonly Line[] = [
  ['clusterrolebinding/kubeadm:cluster-admins', 'clusterrole/cluster-admin', 'group/kubeadm:cluster-admins', '1.29'],
  ['clusterrolebinding/kubeadm:get-nodes', 'clusterrole/kubeadm:get-nodes', bootstrappers, '1.18'],
  ['clusterrolebinding/kubeadm:kubelet-bootstrap', 'clusterrole/system:node-bootstrapper', bootstrappers, '1.15'],
  [
    'clusterrolebinding/kubeadm:node-autoapprove-bootstrap',
    'clusterrole/system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    bootstrappers,
    '1.15',
  ],
  [
    'clusterrolebinding/kubeadm:node-autoapprove-certificate-rotation',
    'clusterrole/system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    'group/system:nodes',
    '1.15',
  ],
  [
    'clusterrolebinding/kubeadm:node-proxier',
    'clusterrole/system:node-proxier',
    'serviceaccount/kube-system/kube-proxy',
    '1.15',
  ],
  [
    'clusterrolebinding/kubeadm:apiserver-kubelet-client',
    'clusterrole/system:kubelet-api-admin',
    'user/kube-apiserver-kubelet-client',
    '1.36',
  ],
  ['clusterrolebinding/system:coredns', 'clusterrole/system:coredns', 'serviceaccount/kube-system/coredns', '1.15'],
  [
    'rolebinding/kube-public/kubeadm:bootstrap-signer-clusterinfo',
    'role/kube-public/kubeadm:bootstrap-signer-clusterinfo',
    'user/system:anonymous',
    '1.15',
  ],
  ['rolebinding/kube-system/kube-proxy', 'role/kube-system/kube-proxy', bootstrappers, '1.15'],
  ['rolebinding/kube-system/kubeadm:kubelet-config', 'role/kube-system/kubeadm:kubelet-config', bootstrappers, '1.23'],
  [
    'rolebinding/kube-system/kubeadm:kubelet-config',
    'role/kube-system/kubeadm:kubelet-config',
    'group/system:nodes',
    '1.23',
  ],
  [
    'rolebinding/kube-system/kubeadm:nodes-kubeadm-config',
    'role/kube-system/kubeadm:nodes-kubeadm-config',
    bootstrappers,
    '1.15',
  ],
  [
    'rolebinding/kube-system/kubeadm:nodes-kubeadm-config',
    'role/kube-system/kubeadm:nodes-kubeadm-config',
    'group/system:nodes',
    '1.15',
  ],
].map(([binding = '', role = '', subject = '', from = '']) => ({ binding, role, subject, from, by: 'kubeadm' }));

const configMap = (name: string): RawRule => ({
  apiGroups: [''],
  resources: ['configmaps'],
  verbs: ['get'],
  resourceNames: [name],
});
const kubeadmRoles: Readonly<Record<string, readonly RawRule[]>> = {
  'clusterrole/kubeadm:get-nodes': [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
  'clusterrole/system:coredns': [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ],
  'role/kube-public/kubeadm:bootstrap-signer-clusterinfo': [configMap('cluster-info')],
  'role/kube-system/kube-proxy': [configMap('kube-proxy')],
  'role/kube-system/kubeadm:kubelet-config': [configMap('kubelet-config')],
  'role/kube-system/kubeadm:nodes-kubeadm-config': [configMap('kubeadm-config')],
};

/** Rights of a role by group, names and resource: the union over all minors, since an upgrade takes nothing away. */
class Rights {
  readonly verbs = new Map<string, Set<string>>();
  add(rule: RawRule): void {
    const names = JSON.stringify([...(rule.resourceNames ?? [])].sort());
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) this.put(JSON.stringify(['resource', group, names, resource]), rule);
    for (const url of rule.nonResourceURLs ?? []) this.put(JSON.stringify(['url', '', '[]', url]), rule);
  }
  put(at: string, { verbs }: RawRule): void {
    this.verbs.set(at, new Set([...(this.verbs.get(at) ?? []), ...verbs]));
  }
  /** Lines of YAML, what has the same group, names and verbs together. */
  lines(): readonly string[] {
    const groups = new Map<string, string[]>();
    for (const [at, verbs] of this.verbs) {
      const [kind = '', group = '', names = '', resource = ''] = JSON.parse(at) as string[];
      const same = JSON.stringify([kind, group, names, [...verbs].sort()]);
      groups.set(same, [...(groups.get(same) ?? []), resource]);
    }
    return [...groups].sort().map(([same, list]) => {
      const [kind, group, names, verbs] = JSON.parse(same) as [string, string, string, string[]];
      const what = `${JSON.stringify(list.sort())}, verbs: ${JSON.stringify(verbs)}`;
      if (kind === 'url') return `{nonResourceURLs: ${what}}`;
      return `{apiGroups: ${JSON.stringify([group])}, resources: ${what}${names === '[]' ? '' : `, resourceNames: ${names}`}}`;
    });
  }
}

const cache = process.argv[2] ?? '';
const versions = readdirSync(join(cache, 'k8s.io'))
  .flatMap((name) => /^kubernetes@v1\.(\d+)\.\d+$/.exec(name) ?? [])
  .filter((part) => /^\d+$/.test(part))
  .map(Number)
  .sort((a, b) => a - b);
const roles = new Map<string, Rights>();
const lines = new Map<string, Line>();
const seen = new Map<string, number>();

for (const minor of versions) {
  const folder = readdirSync(join(cache, 'k8s.io')).find((name) => name.startsWith(`kubernetes@v1.${minor}.`)) ?? '';
  const where = join(cache, 'k8s.io', folder, policy);
  for (const file of existsSync(where) ? readdirSync(where) : []) {
    for (const object of (parse(readFileSync(join(where, file), 'utf8')) as { items: RawObject[] }).items)
      read(object, minor);
  }
}

function read({ kind, metadata, rules, roleRef, subjects }: RawObject, minor: number): void {
  const own = key(kind, metadata.namespace, metadata.name);
  if (!roleRef) {
    const rights = roles.get(own) ?? new Rights();
    roles.set(own, rights);
    for (const rule of rules ?? []) rights.add(rule);
    return;
  }
  const role = key(roleRef.kind, roleRef.kind === 'Role' ? metadata.namespace : undefined, roleRef.name);
  for (const one of subjects ?? []) {
    const subject = key(one.kind, one.kind === 'ServiceAccount' ? one.namespace : undefined, one.name);
    const id = `${own} ${role} ${subject}`;
    if (!lines.has(id)) lines.set(id, { binding: own, role, subject, by: 'kubernetes', from: `1.${minor}` });
    seen.set(id, minor);
  }
}

for (const [id, line] of lines) if ((seen.get(id) ?? newest) < newest) line.to = `1.${seen.get(id)}`;
const bindings = [...lines.values(), ...kubeadm].sort((a, b) =>
  `${a.binding} ${a.subject}` < `${b.binding} ${b.subject}` ? -1 : 1,
);
for (const [name, rules] of Object.entries(kubeadmRoles)) {
  roles.set(name, new Rights());
  for (const rule of rules) roles.get(name)?.add(rule);
}
const bound = new Set(bindings.map(({ role }) => role));
const out = [
  '# Roles and bindings that Kubernetes and kubeadm make by themselves, 1.15 to 1.37; written by test/defaults/extract/rbac.ts.',
  '# Rights of a role are the union over all minors: an upgrade adds rights and never takes one away.',
  '# Only roles that such a binding refers to, and those with a star. `to`: the last minor that made it.',
  'source:',
  '  - "k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy (testdata)"',
  '  - "k8s.io/kubernetes cmd/kubeadm/app/phases"',
  'bindings:',
  ...bindings.map(
    ({ binding, role, subject, by, from, to }) =>
      `  - {binding: ${JSON.stringify(binding)}, role: ${JSON.stringify(role)}, subject: ${JSON.stringify(subject)}, by: ${by}, from: "${from}"${to ? `, to: "${to}"` : ''}}`,
  ),
  'roles:',
  ...[...roles]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([name, rights]) => bound.has(name) || rights.lines().some((line) => line.includes('*')))
    .flatMap(([name, rights]) => [`  ${JSON.stringify(name)}:`, ...rights.lines().map((line) => `    - ${line}`)]),
];
process.stdout.write(`${out.join('\n')}\n`);
