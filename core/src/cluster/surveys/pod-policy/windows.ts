import { brokenBy, checkSet, policyMinor } from '../../pod-security/index.ts';
import { objectIn } from '../../pod-security/pod.ts';
import type { ClusterContext } from '../../survey.ts';

/** Is it known that the cluster has neither a node nor a pod of Windows? Nodes whose system is not known may be anything. */
export function withoutWindows(context: ClusterContext): boolean {
  return context.shared(`windows ${context.version ?? ''}`, ['nodes', 'pods', 'namespaces'], () => {
    const nodes = context.view.nodes();
    if (nodes.length === 0 || nodes.some(({ os }) => os === '' || os === 'windows')) return false;
    return !context.view.all('namespaces').some(({ name }) => hasWindowsPod(context, name));
  });
}

function hasWindowsPod({ view, minor }: ClusterContext, namespace: string): boolean {
  const hostProcess = checkSet(['windowsHostProcess']);
  return view.workloads(namespace).some((workload) => {
    const { spec } = workload;
    if (objectIn(spec, 'os')['name'] === 'windows') return true;
    if (objectIn(spec, 'nodeSelector')['kubernetes.io/os'] === 'windows') return true;
    const broken = brokenBy(workload, policyMinor(minor));
    return ((broken.set | broken.unread) & hostProcess) !== 0;
  });
}
