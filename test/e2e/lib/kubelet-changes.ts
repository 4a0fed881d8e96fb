import { type Change, k8s, kubelet, kubeletField, kubeletFlags, strong } from './change.ts';
import { all, write } from './undo.ts';

/** The kubelet by flag, file and drop-in. */
export const kubeletChanges: readonly Change[] = [
  kubelet(
    'anonymous requests by flag',
    () => kubeletFlags('--anonymous-auth=T'),
    { 'kubelet-anonymous-auth': 'fail' },
    'flag --anonymous-auth',
  ),
  kubelet(
    'anonymous requests by drop-in',
    () =>
      all(
        write(
          `${k8s}/kubelet.conf.d/50-open.conf`,
          'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}\n',
        ),
        kubeletFlags(`--config-dir=${k8s}/kubelet.conf.d`),
      ),
    { 'kubelet-anonymous-auth': 'fail' },
    'drop-in /etc/kubernetes/kubelet.conf.d/50-open.conf',
  ),
  kubelet(
    'everything authorized by file',
    () => kubeletField({ authorization: { mode: 'AlwaysAllow' } }),
    { 'kubelet-authorization-mode': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'read-only port by flag',
    () => kubeletFlags('--read-only-port', '10255'),
    { 'kubelet-read-only-port': 'fail' },
    'flag --read-only-port',
  ),
  kubelet(
    'no idle timeout by flag',
    () => kubeletFlags('--streaming_connection_idle_timeout=0s'),
    { 'kubelet-streaming-idle-timeout': 'fail' },
    'flag --streaming-connection-idle-timeout',
  ),
  kubelet(
    'no helper chains by file',
    () => kubeletField({ makeIPTablesUtilChains: false }),
    { 'kubelet-iptables-util-chains': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'no client rotation by file',
    () => kubeletField({ rotateCertificates: false }),
    { 'kubelet-rotate-client-certificates': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'server rotation gated off by file',
    () => kubeletField({ featureGates: { RotateKubeletServerCertificate: false } }),
    { 'kubelet-rotate-server-certificates': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'process limit and seccomp by file',
    () => kubeletField({ podPidsLimit: 4096, seccompDefault: true }),
    { 'kubelet-pod-pids-limit': 'pass', 'kubelet-seccomp-default': 'pass' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'strong cipher suites by file',
    () => kubeletField({ tlsCipherSuites: [strong] }),
    { 'kubelet-tls-cipher-suites': 'pass' },
    'file /var/lib/kubelet/config.yaml',
  ),
];
