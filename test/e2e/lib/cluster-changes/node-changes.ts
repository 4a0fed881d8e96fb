import { stringify } from 'yaml';
import { cni, flags, k8s } from '../change.ts';
import type { Verdicts } from '../object-poller.ts';
import { all, type Undo, write } from '../undo.ts';
import { open, pod } from './object-change.ts';

const policy = `${k8s}/pki/audit-plumbline.yaml`;
const plugins = `${k8s}/pki/admission-plumbline.yaml`;
const webhook = `${k8s}/pki/image-plumbline.yaml`;

/** Word by which the API server with all of this is recognized. */
export const word = `--admission-control-config-file=${plugins}`;

/** An agent of a network plugin, by the image that it would run. */
export const enforcer = pod('enforcer').replace('plumbline.test/none', 'plumbline.test/calico/node');

/** What only files and flags of the control-plane node change, at once, since each restart of the API server takes half a minute. */
export function hardened(): Undo {
  return all(
    write(policy, stringify(auditPolicy)),
    write(webhook, stringify(unreachable)),
    write(plugins, stringify(admission)),
    write(`${cni}/05-plumbline-test.conflist`, JSON.stringify(calico)),
    flags(
      'kube-apiserver',
      word,
      '--enable-admission-plugins=NodeRestriction,ImagePolicyWebhook',
      `--audit-policy-file=${policy}`,
      '--audit-log-path=-',
      '--enable-bootstrap-token-auth=false',
      '--oidc-issuer-url=https://login.plumbline.test',
      '--oidc-client-id=kubernetes',
    ),
  );
}

/** Everything is recorded, and of nothing the content. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

const admission = {
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'AdmissionConfiguration',
  plugins: [
    {
      name: 'PodSecurity',
      configuration: {
        apiVersion: 'pod-security.admission.config.k8s.io/v1',
        kind: 'PodSecurityConfiguration',
        defaults: { enforce: 'restricted', 'enforce-version': 'latest' },
        exemptions: { usernames: [], runtimeClasses: [], namespaces: ['kube-system'] },
      },
    },
    {
      name: 'ImagePolicyWebhook',
      configuration: {
        imagePolicy: { kubeConfigFile: webhook, allowTTL: 50, denyTTL: 50, retryBackoff: 1, defaultAllow: true },
      },
    },
  ],
};

/** A backend that refuses connections. */
const unreachable = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'images', cluster: { server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true } }],
  users: [{ name: 'api-server', user: {} }],
  contexts: [{ name: 'images', context: { cluster: 'images', user: 'api-server' } }],
  'current-context': 'images',
};

/** The runtime takes the first file by name. */
const calico = {
  cniVersion: '0.4.0',
  name: 'plumbline-test',
  plugins: [{ type: 'calico', ipam: { type: 'host-local' } }],
};

const pods = [
  'psa-privileged-containers',
  'psa-host-pid',
  'psa-host-ipc',
  'psa-host-network',
  'psa-host-path',
  'psa-host-ports',
  'psa-privilege-escalation',
  'psa-root-containers',
  'psa-net-raw',
  'psa-capabilities-assigned',
  'pod-seccomp-profile',
  'policy-control-mechanism',
];

/** Every verdict that differs then. kube-system is exempt. */
export const hardenedVerdicts: Verdicts = {
  'users-client-certificate-auth cluster': 'pass as-expected',
  'users-bootstrap-token-auth cluster': 'pass switched-off',
  'audit-policy-minimal cluster': 'pass as-expected',
  'audit-policy-coverage cluster': 'pass as-expected',
  'cni-networkpolicy-support cluster': 'pass as-expected',
  'image-provenance cluster': 'warn not-enforced',
  ...Object.fromEntries(
    ['default', 'kube-node-lease', 'kube-public', open].flatMap((name) =>
      pods.map((control) => [`${control} namespace/${name}`, 'pass as-expected']),
    ),
  ),
};
