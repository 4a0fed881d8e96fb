/**
 * Who a process belongs to by its cgroup, which only root can change. `pod`: of a kubelet, with the pod's UID; `container`: of a
 * container runtime without a pod; `user`: of a login session; `unit`: of a system service; `host`: of the machine itself.
 */
export type Cgroup =
  | { readonly kind: 'pod'; readonly uid: string; readonly container: string; readonly path: string }
  | { readonly kind: 'container' | 'user' | 'host'; readonly path: string }
  | { readonly kind: 'unit'; readonly unit: string; readonly path: string };

const podStep = /^(?:.*-)?pod([0-9a-f]{32}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?(?::.*)?$/i;
const containerStep =
  /^(?:(?:docker|cri-containerd|crio|crio-conmon|libpod|libpod-conmon|containerd|nerdctl)[-:].*|docker|lxc(?:\.payload.*)?|machine\.slice|kubepods.*|[0-9a-f]{64})$/;
const userStep = /^(?:user\.slice|user-\d+\.slice|user@\d+\.service)$/;
/** Services whose own children are containers; anything else below a service may be a delegated subtree of a user. */
const runtimeUnit =
  /^(?:containerd|crio|docker|kubelet|k3s|k3s-agent|rke2-server|rke2-agent|k0scontroller|k0sworker|snap\..*)\.service$/;

/** Reads /proc/PID/cgroup of cgroup v1 or v2. Steps that a private cgroup namespace turned into `..` are left out. */
export function parseCgroup(text: string): Cgroup {
  const lines = text.split('\n').flatMap((line) => {
    const found = /^\d+:([^:]*):(\/.*)$/.exec(line);
    return found ? [{ controllers: found[1] ?? '', steps: stepsOf(found[2] ?? '') }] : [];
  });
  const found = lines.map((line) => classify(line.steps));
  const strongest = (['pod', 'container', 'user'] as const).map((kind) => found.find((one) => one.kind === kind));
  // Units live in systemd's own hierarchy: the only one of v2, the named one of v1. Others name resources at will.
  const own = lines.flatMap((line, index) => {
    const one = found[index];
    return one && (line.controllers === '' || line.controllers === 'name=systemd') ? [one] : [];
  });
  const unit = own.find((one) => one.kind === 'unit');
  return strongest.find((one) => one) ?? unit ?? own.find((one) => one.path !== '/') ?? { kind: 'host', path: '/' };
}

function stepsOf(path: string): readonly string[] {
  return path.split('/').filter((step) => step !== '' && step !== '..');
}

function classify(steps: readonly string[]): Cgroup {
  const path = `/${steps.join('/')}`;
  let unit: string | undefined;
  for (const step of steps) {
    if (userStep.test(step)) return { kind: 'user', path };
    const uid = podStep.exec(step)?.[1];
    const delegated = unit !== undefined && !runtimeUnit.test(unit);
    if (uid && !delegated)
      return { kind: 'pod', uid: uid.replaceAll('_', '-').toLowerCase(), container: containerIn(path), path };
    if (containerStep.test(step) && !/^kubepods/.test(step)) return { kind: 'container', path };
    if (unit === undefined && step.endsWith('.service')) unit = step;
  }
  if (unit !== undefined) return { kind: 'unit', unit, path };
  return { kind: steps.some((step) => containerStep.test(step)) ? 'container' : 'host', path };
}

function containerIn(path: string): string {
  return /([0-9a-f]{64})(?!.*[0-9a-f]{64})/.exec(path)?.[1] ?? '';
}

/** A cgroup as it is reported: what stays the same over restarts and whatever namespace the agent looks from. */
export function cgroupText(cgroup: Cgroup): string {
  return cgroup.kind === 'pod' ? `pod ${cgroup.uid}` : cgroup.path;
}
