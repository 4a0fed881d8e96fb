import { expect, test } from 'vitest';
import { parseCgroup } from '../../agent/src/locate/cgroup.ts';

const id = 'f'.repeat(64);
const uid = '0b5ed0cf-79d7-4ab6-9b0a-0c9d2a1ef2d1';
const pod = { kind: 'pod', uid };

test.each([
  ['0::/system.slice/kubelet.service\n', { kind: 'unit', unit: 'kubelet.service' }],
  [
    '0::/../../../system.slice/kubelet.service\n',
    { kind: 'unit', unit: 'kubelet.service', path: '/system.slice/kubelet.service' },
  ],
  ['0::/../../..\n', { kind: 'host', path: '/' }],
  ['4:memory:/process_api/1f\n1:name=systemd:/\n0::/\n', { kind: 'host', path: '/' }],
  ['0::/init.scope\n', { kind: 'host', path: '/init.scope' }],
  [
    '9:name=systemd:/system.slice/etcd.service\n4:memory:/system.slice/etcd.service\n',
    { kind: 'unit', unit: 'etcd.service' },
  ],
  [`0::/kubepods/burstable/pod${uid}/${id}\n`, { ...pod, container: id }],
  [
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope\n`,
    { ...pod, container: id },
  ],
  [`0::/../../kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/crio-${id}.scope\n`, pod],
  [`0::/../../pod${uid}/${id}\n`, pod],
  [
    `0::/system.slice/containerd.service/kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice:cri-containerd:${id}\n`,
    pod,
  ],
  [`4:memory:/kubepods/pod${uid}/${id}\n1:name=systemd:/\n`, pod],
  [`0::/../cri-containerd-${id}.scope\n`, { kind: 'container' }],
  [`0::/system.slice/docker-${id}.scope\n`, { kind: 'container' }],
  [`0::/docker/${id}/kubelet/kubepods/pod${uid}/${id}\n`, { kind: 'container' }],
  ['0::/user.slice/user-1000.slice/session-3.scope\n', { kind: 'user' }],
  [`0::/user.slice/user-1000.slice/user@1000.service/kubepods/pod${uid}/x\n`, { kind: 'user' }],
  [`0::/system.slice/web.service/kubepods/pod${uid}\n`, { kind: 'unit', unit: 'web.service' }],
])('%j', (text, expected) => {
  expect(parseCgroup(text)).toMatchObject(expected);
});
