import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { type Change, cniFile, dropIn, file, k8s, kubeletConfig, manifest, unit } from './change.ts';
import { all, chmod, chown, edit, write } from './undo.ts';

/** Modes, owners, links and certificates. */
export const fileChanges: readonly Change[] = [
  file('API server manifest readable by all', () => chmod(manifest('kube-apiserver'), 0o644), {
    'apiserver-manifest-permissions': 'fail',
  }),
  file('API server manifest of another user', () => chown(manifest('kube-apiserver'), 1000, 0), {
    'apiserver-manifest-ownership': 'fail',
  }),
  file('controller manager manifest of another user', () => chown(manifest('kube-controller-manager'), 1000, 0), {
    'controller-manager-manifest-ownership': 'fail',
  }),
  file('controller manager manifest with a group bit', () => chmod(manifest('kube-controller-manager'), 0o640), {
    'controller-manager-manifest-permissions': 'fail',
  }),
  file('scheduler manifest readable by others only', () => chmod(manifest('kube-scheduler'), 0o604), {
    'scheduler-manifest-permissions': 'fail',
  }),
  file('scheduler manifest of another group', () => chown(manifest('kube-scheduler'), 0, 1000), {
    'scheduler-manifest-ownership': 'fail',
  }),
  file('etcd manifest with a group bit', () => chmod(manifest('etcd'), 0o610), { 'etcd-manifest-permissions': 'fail' }),
  file('etcd manifest of another group', () => chown(manifest('etcd'), 0, 1000), { 'etcd-manifest-ownership': 'fail' }),
  file('etcd data directory open to others', () => chmod('/var/lib/etcd', 0o755), {
    'etcd-data-dir-permissions': 'fail',
  }),
  file(
    'etcd data directory owned by an etcd account of the host',
    () => {
      const accounts = all(
        edit('/etc/passwd', (text) => `${text}etcd:x:4321:4321::/:/usr/sbin/nologin\n`),
        edit('/etc/group', (text) => `${text}etcd:x:4321:\n`),
      );
      return all(accounts, chown('/var/lib/etcd', 4321, 4321));
    },
    { 'etcd-data-dir-ownership': 'pass' },
  ),
  file('admin.conf readable by all', () => chmod(`${k8s}/admin.conf`, 0o644), {
    'admin-kubeconfig-permissions': 'fail',
  }),
  file('super-admin.conf of another user', () => chown(`${k8s}/super-admin.conf`, 1000, 0), {
    'admin-kubeconfig-ownership': 'fail',
  }),
  file(
    'admin.conf is a link to a wide file',
    () => {
      const target = `${k8s}/admin-elsewhere.conf`;
      const remove = write(target, 'x', 0o644);
      renameSync(`${k8s}/admin.conf`, `${k8s}/admin.conf.kept`);
      symlinkSync(target, `${k8s}/admin.conf`);
      return () => {
        rmSync(`${k8s}/admin.conf`);
        renameSync(`${k8s}/admin.conf.kept`, `${k8s}/admin.conf`);
        remove();
      };
    },
    { 'admin-kubeconfig-permissions': 'fail' },
  ),
  file('scheduler.conf readable by others', () => chmod(`${k8s}/scheduler.conf`, 0o604), {
    'scheduler-kubeconfig-permissions': 'fail',
  }),
  file('scheduler.conf of another user', () => chown(`${k8s}/scheduler.conf`, 1000, 0), {
    'scheduler-kubeconfig-ownership': 'fail',
  }),
  file('controller-manager.conf with a group bit', () => chmod(`${k8s}/controller-manager.conf`, 0o620), {
    'controller-manager-kubeconfig-permissions': 'fail',
  }),
  file('controller-manager.conf of another user', () => chown(`${k8s}/controller-manager.conf`, 1000, 0), {
    'controller-manager-kubeconfig-ownership': 'fail',
  }),
  file('cluster CA writable by all', () => chmod(`${k8s}/pki/ca.crt`, 0o666), {
    'pki-cert-permissions': 'fail',
    'kubelet-client-ca-permissions': 'fail',
  }),
  file('cluster CA of another user', () => chown(`${k8s}/pki/ca.crt`, 1000, 0), {
    'pki-ownership': 'fail',
    'kubelet-client-ca-ownership': 'fail',
  }),
  file('signing key readable by all', () => chmod(`${k8s}/pki/sa.key`, 0o644), { 'pki-key-permissions': 'fail' }),
  file('an etcd certificate of another user', () => chown(`${k8s}/pki/etcd/peer.crt`, 1, 0), {
    'pki-ownership': 'fail',
  }),
  file(
    'a key hidden in a file of another name',
    () =>
      write(
        `${k8s}/pki/stolen.pem`,
        execFileSync('openssl', ['genrsa', '1024'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
        0o644,
      ),
    { 'pki-key-permissions': 'fail' },
  ),
  file('kubelet.conf readable by all', () => chmod(`${k8s}/kubelet.conf`, 0o644), {
    'kubelet-kubeconfig-permissions': 'fail',
  }),
  file('kubelet.conf of another user', () => chown(`${k8s}/kubelet.conf`, 1000, 1000), {
    'kubelet-kubeconfig-ownership': 'fail',
  }),
  file('CNI configuration readable by all', () => chmod(cniFile(), 0o644), { 'cni-config-permissions': 'fail' }),
  file('CNI configuration of another user', () => chown(cniFile(), 1000, 0), { 'cni-config-ownership': 'fail' }),
  file('kubelet unit and drop-in closed', () => all(chmod(unit, 0o600), chmod(dropIn, 0o600)), {
    'kubelet-service-file-permissions': 'pass',
  }),
  file('kubelet drop-in of another user', () => chown(dropIn, 1000, 0), { 'kubelet-service-file-ownership': 'fail' }),
  file('kubelet configuration closed', () => chmod(kubeletConfig, 0o600), {
    'kubelet-config-file-permissions': 'pass',
  }),
  file('kubelet configuration of another user', () => chown(kubeletConfig, 1000, 0), {
    'kubelet-config-file-ownership': 'fail',
  }),
];
