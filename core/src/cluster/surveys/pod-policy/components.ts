import type { Workload } from '../../objects.ts';
import { objectsIn, textIn } from '../../pod-security/pod.ts';

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const controlPlane = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/**
 * Is this a part of Kubernetes itself: the control plane as static pods, kube-proxy, CoreDNS? Nobody can run a cluster without them, and they need what other pods
 * must not have. All of it has to fit: the namespace kube-system, the owner and the image of every container; a name alone is easily taken.
 */
export function isComponent({ namespace, owner, mirror, spec }: Workload): boolean {
  if (namespace !== 'kube-system') return false;
  const images = lists.flatMap((list) => objectsIn(spec, list)).map((one) => imageName(textIn(one, 'image') ?? ''));
  if (images.length === 0) return false;
  const every = (name: string) => images.every((image) => image === name || image.endsWith(`-${name}`));
  if (mirror) return controlPlane.some((name) => owner.name.startsWith(`${name}-`) && every(name));
  if (owner.kind === 'DaemonSet' && owner.name === 'kube-proxy') return every('kube-proxy');
  return owner.kind === 'Deployment' && owner.name === 'coredns' && every('coredns');
}

/** `coredns` of `registry.k8s.io/coredns/coredns:v1.12.1@sha256:…`. */
function imageName(image: string): string {
  const last = image.split('@')[0]?.split('/').at(-1) ?? '';
  return last.split(':')[0] ?? '';
}
