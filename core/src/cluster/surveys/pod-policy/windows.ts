import { brokenBy, checkSet, policyMinor } from '../../pod-security/index.ts';
import { objectIn } from '../../pod-security/pod.ts';
import type { ClusterContext } from '../../survey.ts';

/**
 * Is it known that nothing of Windows is in a namespace: the cluster has no node of it, and no pod of the namespace asks for one? Nodes whose system is not
 * known may be anything.
 */
export function withoutWindows(context: ClusterContext, namespace: string): boolean {
  const without = context.shared('nodes of windows', ['nodes'], () => {
    const nodes = context.view.nodes();
    return nodes.length > 0 && nodes.every(({ os }) => os !== '' && os !== 'windows');
  });
  return without && !hasWindowsPod(context, namespace);
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
