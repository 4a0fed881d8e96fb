import { execFileSync } from 'node:child_process';
import { parse, stringify } from 'yaml';
import { edit, type Undo, write } from './undo.ts';

/** What a change needs before it is in force. */
type Settles = 'at once' | 'kubelet' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd';

/** One way to change a node, and the verdicts that must change with it, no other. `origin` is sought in the evidence. */
export interface Change {
  readonly name: string;
  readonly settles: Settles;
  readonly make: () => Undo;
  readonly expect: Readonly<Record<string, string>>;
  readonly origin?: string;
  /** Name that must be listed as ignored. */
  readonly ignored?: string;
}

export const k8s = '/etc/kubernetes';
export const manifest = (name: string) => `${k8s}/manifests/${name}.yaml`;
export const kubeletConfig = '/var/lib/kubelet/config.yaml';
export const unit = '/usr/lib/systemd/system/kubelet.service';
export const dropIn = `${unit}.d/10-kubeadm.conf`;
export const cni = '/etc/cni/net.d';

interface Pod {
  spec: { containers: { command: string[]; env?: { name: string; value: string }[] }[] };
}

/** Edits the first container of a static pod. */
export function pod(name: string, change: (container: Pod['spec']['containers'][number]) => void): Undo {
  return edit(manifest(name), (text) => {
    const document = parse(text) as Pod;
    const container = document.spec.containers[0];
    if (!container) throw new Error(`${name} has no container`);
    change(container);
    return stringify(document);
  });
}

/** Adds flags, replacing ones of the same name. */
export function flags(name: string, ...given: readonly string[]): Undo {
  return pod(name, (container) => {
    const names = given.map((flag) => flag.split('=')[0] ?? flag);
    container.command = [...container.command.filter((word) => !names.includes(word.split('=')[0] ?? word)), ...given];
  });
}

export function kubeletField(change: Record<string, unknown>): Undo {
  return edit(kubeletConfig, (text) => stringify({ ...(parse(text) as Record<string, unknown>), ...change }));
}

export function kubeletFlags(...given: readonly string[]): Undo {
  return write('/etc/default/kubelet', `KUBELET_EXTRA_ARGS=${JSON.stringify(given.join(' '))}\n`);
}

export function cniFile(): string {
  return `${cni}/${execFileSync('ls', [cni], { encoding: 'utf8' }).split('\n')[0]}`;
}

export const file = (name: string, make: () => Undo, expect: Change['expect']): Change => ({
  name,
  settles: 'at once',
  make,
  expect,
});
export const kubelet = (name: string, make: () => Undo, expect: Change['expect'], origin: string): Change => ({
  name,
  settles: 'kubelet',
  make,
  expect,
  origin,
});
export const api = (name: string, make: () => Undo, expect: Change['expect'], origin = 'flag'): Change => ({
  name,
  settles: 'kube-apiserver',
  make,
  expect,
  origin,
});

export const weak = 'TLS_RSA_WITH_AES_128_CBC_SHA';
export const strong = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
export const authorizers = (...types: readonly string[]) =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: types.map((type) => ({ type, name: type.toLowerCase() })),
  });
export const encryption = (...providers: readonly object[]) =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  });
export const aescbc = { aescbc: { keys: [{ name: 'k', secret: Buffer.alloc(32, 7).toString('base64') }] } };
