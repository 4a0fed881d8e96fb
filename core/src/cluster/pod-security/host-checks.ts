import { inContainer, inContexts, inPod, type PodCheck, type Violation } from './check.ts';
import { type Container, objectIn, objectsIn, textIn } from './pod.ts';

const always = { level: 'baseline', since: 0 } as const;

function hostNamespace(field: 'hostPID' | 'hostIPC' | 'hostNetwork'): PodCheck {
  return {
    ...always,
    reads: [`p:${field}`],
    violations: ({ spec }) => (spec[field] === true ? [inPod(field, true)] : []),
  };
}

export const hostPID = hostNamespace('hostPID');
export const hostIPC = hostNamespace('hostIPC');
export const hostNetwork = hostNamespace('hostNetwork');

export const privileged: PodCheck = {
  ...always,
  reads: ['c:securityContext.privileged'],
  violations: ({ containers }) =>
    containers
      .filter(({ context }) => context['privileged'] === true)
      .map((one) => inContainer(one, 'securityContext.privileged', true)),
};

export const hostPath: PodCheck = {
  ...always,
  reads: ['p:volumes'],
  violations: ({ spec }) =>
    objectsIn(spec, 'volumes')
      .filter((volume) => volume['hostPath'] !== undefined)
      .map((volume) => inPod(`volumes[${textIn(volume, 'name') ?? ''}].hostPath`, objectIn(volume, 'hostPath'))),
};

/** Port 0 is no port of the host. */
export const hostPorts: PodCheck = {
  ...always,
  reads: ['c:ports'],
  violations: ({ containers }) =>
    containers.flatMap((one) =>
      objectsIn(one.fields, 'ports').flatMap(({ hostPort }) =>
        hostPort === undefined || hostPort === 0 ? [] : [inContainer(one, 'ports[].hostPort', hostPort)],
      ),
    ),
};

export const windowsHostProcess: PodCheck = {
  ...always,
  reads: ['c:securityContext.windowsOptions', 'p:securityContext.windowsOptions'],
  violations: (pod) =>
    inContexts(pod, (context) =>
      objectIn(context, 'windowsOptions')['hostProcess'] === true ? ['windowsOptions.hostProcess', true] : undefined,
    ),
};

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const hooks = ['postStart', 'preStop'];
const handlers = ['httpGet', 'tcpSocket'];

/** The kubelet connects to the host that a probe or hook names. */
export const hostProbes: PodCheck = {
  level: 'baseline',
  since: 34,
  reads: [...probes, 'lifecycle'].map((name) => `c:${name}`),
  violations: ({ containers }) => containers.flatMap(hostsOf),
};

function hostsOf(container: Container): readonly Violation[] {
  const { fields } = container;
  const lifecycle = objectIn(fields, 'lifecycle');
  const all = [
    ...probes.map((name) => [name, objectIn(fields, name)] as const),
    ...hooks.map((name) => [`lifecycle.${name}`, objectIn(lifecycle, name)] as const),
  ];
  return all.flatMap(([where, probe]) =>
    handlers.flatMap((handler) => {
      const host = textIn(objectIn(probe, handler), 'host');
      return host === undefined || host === '' ? [] : [inContainer(container, `${where}.${handler}.host`, host)];
    }),
  );
}
