import type {
  CniValue,
  ConfigValue,
  DropInsValue,
  FileSetValue,
  FileValue,
  ManifestValue,
  ProcessValue,
  UnitValue,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import {
  apiserver,
  apiserverUid,
  etcdUid,
  find,
  manifest,
  nodeText,
  observe,
  type Place,
  podCgroup,
  proxyUid,
  type TestProcess,
  valueFor,
} from './node.ts';

const kubeletSubject = 'kubelet@kubelet.service';
const apiserverSubject = 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml';
const hostRoot = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';

function kubelet(flags: readonly string[], more: Partial<TestProcess> = {}): TestProcess {
  return { argv: ['/usr/bin/kubelet', ...flags], cgroup: '0::/system.slice/kubelet.service\n', ...more };
}

const withKubelet = (flags: readonly string[], files: Record<string, Place>, more: Partial<TestProcess> = {}) =>
  observe(nodeText({ 400: kubelet(flags, more) }, files));

describe('kubelet configuration', () => {
  test('YAML numbers as Kubernetes reads them', async () => {
    const seen = await withKubelet(['--config', '/k.yaml'], {
      '/k.yaml': { content: 'readOnlyPort: 0\neventRecordQPS: 0o17\nfailSwapOn: no\n' },
    });
    expect(valueFor<ConfigValue>(seen, 'kubelet.config', kubeletSubject)).toEqual({
      path: '/k.yaml',
      asSeen: '/k.yaml',
      document: { readOnlyPort: 0, eventRecordQPS: 15, failSwapOn: false },
    });
  });

  test('a relative path starts at the live directory, else at the unit’s', async () => {
    const files = {
      '/live/k.yaml': { content: 'a: live' },
      '/unit/k.yaml': { content: 'a: unit' },
      '/lib/systemd/system/kubelet.service': {
        content: '[Service]\nExecStart=/usr/bin/kubelet\nWorkingDirectory=/unit\n',
      },
    };
    const live = await withKubelet(['--config=k.yaml'], files, { more: { cwd: { type: 'link', to: '/live' } } });
    expect(valueFor<ConfigValue>(live, 'kubelet.config', kubeletSubject)).toMatchObject({
      path: '/live/k.yaml',
      document: { a: 'live' },
    });
    const unit = await withKubelet(['--config=k.yaml'], files);
    expect(valueFor<ConfigValue>(unit, 'kubelet.config', kubeletSubject)).toMatchObject({
      path: '/unit/k.yaml',
      document: { a: 'unit' },
    });
  });

  test.each([
    ['absent', undefined, 'absent'],
    ['twice the same key', { content: 'a: 1\na: 2' }, 'malformed'],
    ['a directory', { type: 'directory' }, 'malformed'],
    ['a FIFO', { type: 'fifo' }, 'malformed'],
    ['closed', { state: 'denied' }, 'denied'],
    ['huge', { state: 'too-large' }, 'too-large'],
    ['hung', { state: 'timed-out' }, 'timed-out'],
  ] as const)('%s: the fact has its state, the rest arrives', async (_, place, state) => {
    const seen = await withKubelet(['--config=/k.yaml'], place ? { '/k.yaml': place } : {});
    expect(find(seen, 'kubelet.config', kubeletSubject)).toMatchObject({
      state,
      detail: expect.stringContaining('/k.yaml'),
    });
    expect(valueFor<ProcessValue>(seen, 'process', kubeletSubject).argv).toContain('--config=/k.yaml');
  });

  test('drop-ins in the order of the walk, only *.conf, folders where they stand', async () => {
    const conf = (n: number) => ({ content: `count: ${n}` });
    const seen = await withKubelet(['--config-dir=/d'], {
      '/d/20.conf': conf(2),
      '/d/10.conf': conf(1),
      '/d/15/a.conf': conf(15),
      '/d/30.yaml': conf(3),
      '/d/.z.conf': conf(0),
      '/d/link.conf': { type: 'link', to: '/srv/x' },
      '/srv/x': conf(9),
    });
    const value = valueFor<DropInsValue>(seen, 'kubelet.drop-ins', kubeletSubject);
    expect(value.files.map((file) => file.path)).toEqual([
      '/d/.z.conf',
      '/d/10.conf',
      '/d/15/a.conf',
      '/d/20.conf',
      '/d/link.conf',
    ]);
    expect(value.files.at(-1)?.document).toEqual({ count: 9 });
    expect(valueFor<FileSetValue>(seen, 'files', 'kubelet.drop-ins').paths).toHaveLength(5);
  });

  test('one broken drop-in makes the whole unknown and is named', async () => {
    const seen = await withKubelet(['--config-dir=/d'], {
      '/d/10.conf': { content: 'a: 1' },
      '/d/20.conf': { content: '{' },
    });
    expect(find(seen, 'kubelet.drop-ins', kubeletSubject)).toMatchObject({
      state: 'malformed',
      detail: expect.stringContaining('/d/20.conf'),
    });
  });
});

describe('paths of a container', () => {
  const mounts = (more: string) => ({ content: `50 49 0:99 / / rw - overlay overlay rw\n${more}` });

  async function authorization(mountinfo: Place | null, files: Record<string, Place>, path = '/etc/k8s/authz.yaml') {
    const one = apiserver([`--authorization-config=${path}`], mountinfo ? { more: { mountinfo } } : {});
    const seen = await observe(nodeText({ 600: one.process }, { ...one.files, ...files }));
    return find(seen, 'kube-apiserver.authorization-config', apiserverSubject);
  }
  const content = { content: 'authorizers: [{type: Node}, {type: RBAC}]' };

  test('a bind mount of the host', async () => {
    const seen = await authorization(mounts('51 50 254:0 /srv/authz /etc/k8s ro - ext4 /dev/vda rw\n'), {
      '/srv/authz/authz.yaml': content,
    });
    expect(seen.value).toMatchObject({ path: '/srv/authz/authz.yaml', asSeen: '/etc/k8s/authz.yaml' });
  });

  test('another file system, and a subvolume', async () => {
    const host = { '/proc/1/mountinfo': { content: `${hostRoot}30 27 8:1 /@data /data rw - btrfs /dev/sda rw\n` } };
    const seen = await authorization(mounts('51 50 8:1 /@data/authz /etc/k8s ro - btrfs /dev/sda rw\n'), {
      ...host,
      '/data/authz/authz.yaml': content,
    });
    expect(seen.value).toMatchObject({ path: '/data/authz/authz.yaml' });
  });

  test('without the mount table: the manifest’s hostPath volumes', async () => {
    const argv = ['kube-apiserver', '--authorization-config=/etc/k8s/authz.yaml'];
    const text = manifest('kube-apiserver', argv, {
      mounts: [{ name: 'v', mountPath: '/etc/k8s', readOnly: true }],
      volumes: [{ name: 'v', hostPath: { path: '/srv/authz' } }],
    });
    const seen = await authorization(null, {
      '/etc/kubernetes/manifests/kube-apiserver.yaml': { content: text },
      '/srv/authz/authz.yaml': content,
    });
    expect(seen.value).toMatchObject({ path: '/srv/authz/authz.yaml' });
  });

  test('a file of the image alone is said to be that', async () => {
    expect(await authorization(mounts(''), {})).toMatchObject({
      state: 'unsupported',
      detail: '/etc/k8s/authz.yaml lives only inside the container',
    });
  });

  test('kube-proxy: configuration from its pod, its kubeconfig is no file of the node', async () => {
    const volume = `/var/lib/kubelet/pods/${proxyUid}/volumes/kubernetes.io~configmap/kube-proxy`;
    const proxy: TestProcess = {
      argv: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf'],
      cgroup: podCgroup(proxyUid),
      pids: [700, 1],
      more: { mountinfo: mounts(`51 50 254:0 ${volume} /var/lib/kube-proxy ro - ext4 /dev/vda rw\n`) },
    };
    const files = {
      [`/var/log/pods/kube-system_kube-proxy-x_${proxyUid}`]: { type: 'directory' },
      [`${volume}/config.conf`]: { type: 'link', to: '..data/config.conf' },
      [`${volume}/..data`]: { type: 'link', to: '..1' },
      [`${volume}/..1/config.conf`]: { content: 'clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}' },
    };
    const seen = await observe(nodeText({ 700: proxy }, files));
    expect(valueFor<ConfigValue>(seen, 'kube-proxy.config', 'kube-proxy@kube-system/kube-proxy')).toMatchObject({
      asSeen: '/var/lib/kube-proxy/config.conf',
    });
    expect(valueFor<FileSetValue>(seen, 'files', 'kube-proxy.kubeconfig')).toMatchObject({
      paths: [],
      note: expect.stringContaining('only inside its pod'),
    });
  });
});

describe('other configurations', () => {
  const inPlace = { '/proc/600/mountinfo': { content: `${hostRoot}` } };

  async function apiserverWith(flag: string, files: Record<string, Place>) {
    const one = apiserver([flag]);
    return observe(nodeText({ 600: one.process }, { ...one.files, ...inPlace, ...files }));
  }

  test('admission: files of plugins are put in, of others only their path', async () => {
    const seen = await apiserverWith('--admission-control-config-file=/a/admission.yaml', {
      '/a/admission.yaml': {
        content:
          'plugins: [{name: EventRateLimit, path: limits.yaml}, {name: ImagePolicyWebhook, path: image.yaml}, {name: Other, path: other.yaml}, {name: PodSecurity, configuration: {defaults: {enforce: baseline}, extra: x}}]',
      },
      '/a/limits.yaml': { content: 'limits: [{type: Namespace, qps: 50}]' },
      '/a/image.yaml': { content: 'imagePolicy: {kubeConfigFile: /a/hook.conf, defaultAllow: true}' },
    });
    expect(valueFor<ConfigValue>(seen, 'kube-apiserver.admission-config', apiserverSubject).document).toEqual({
      plugins: [
        { name: 'EventRateLimit', path: 'limits.yaml', configuration: { limits: [{ type: 'Namespace', qps: 50 }] } },
        {
          name: 'ImagePolicyWebhook',
          path: 'image.yaml',
          configuration: { imagePolicy: { kubeConfigFile: '/a/hook.conf', defaultAllow: true } },
        },
        { name: 'Other', path: 'other.yaml' },
        { name: 'PodSecurity', configuration: { defaults: { enforce: 'baseline' } } },
      ],
    });
  });

  test('admission: a plugin file that cannot be read makes the whole unknown', async () => {
    const seen = await apiserverWith('--admission-control-config-file=/a/admission.yaml', {
      '/a/admission.yaml': { content: 'plugins: [{name: EventRateLimit, path: /a/limits.yaml}]' },
      '/a/limits.yaml': { state: 'denied' },
    });
    expect(find(seen, 'kube-apiserver.admission-config', apiserverSubject)).toMatchObject({
      state: 'denied',
      detail: expect.stringContaining('/a/limits.yaml'),
    });
  });

  test('encryption: resources and kinds, nothing else', async () => {
    const seen = await apiserverWith('--encryption-provider-config=/e.yaml', {
      '/e.yaml': {
        content:
          'kind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: k, secret: c2VjcmV0}]}}, {kms: {apiVersion: v2, name: vault, endpoint: unix:///x}}, {identity: {}}]}]',
      },
    });
    expect(valueFor<ConfigValue>(seen, 'kube-apiserver.encryption-config', apiserverSubject).document).toEqual({
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [{ aescbc: {} }, { kms: { apiVersion: 'v2', name: 'vault' } }, { identity: {} }],
        },
      ],
    });
  });
});

describe('etcd', () => {
  const argv = ['etcd'];
  const files = {
    '/etc/kubernetes/manifests/etcd.yaml': {
      content: manifest('etcd', argv, {
        env: [
          { name: 'ETCD_CLIENT_CERT_AUTH', value: 'true' },
          { name: 'HOME', value: '/x' },
        ],
      }),
    },
    [`/var/log/pods/kube-system_etcd-n1_${etcdUid}`]: { type: 'directory' },
  };
  const etcd: TestProcess = { argv, cgroup: podCgroup(etcdUid), pids: [650, 1] };
  const subject = 'etcd@/etc/kubernetes/manifests/etcd.yaml';

  test('environment: the live process before the manifest, only what is read', async () => {
    const fromManifest = await observe(nodeText({ 650: etcd }, files));
    expect(valueFor<ProcessValue>(fromManifest, 'process', subject)).toMatchObject({
      environment: { ETCD_CLIENT_CERT_AUTH: 'true' },
      environmentFrom: 'manifest',
    });
    expect(valueFor<ManifestValue>(fromManifest, 'manifest', subject).environment).toEqual({
      ETCD_CLIENT_CERT_AUTH: 'true',
    });
    const live = await observe(nodeText({ 650: { ...etcd, environ: 'PATH=/bin\0ETCD_NAME=m0\0' } }, files));
    expect(valueFor<ProcessValue>(live, 'process', subject)).toMatchObject({
      environment: { ETCD_NAME: 'm0' },
      environmentFrom: 'process',
    });
  });

  test('environment that comes from elsewhere is not known', async () => {
    const env = [{ name: 'ETCD_CERT_FILE', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }];
    const seen = await observe(
      nodeText(
        { 650: etcd },
        { ...files, '/etc/kubernetes/manifests/etcd.yaml': { content: manifest('etcd', argv, { env }) } },
      ),
    );
    expect(valueFor<ProcessValue>(seen, 'process', subject)).toMatchObject({ environment: {}, environmentFrom: null });
    expect(find(seen, 'files', 'etcd.data-dir')).toMatchObject({
      state: 'denied',
      detail: expect.stringContaining('SYS_PTRACE'),
    });
  });

  test('the unit’s environment and its files; the configuration file; the default data directory', async () => {
    const unit = {
      '/etc/systemd/system/etcd.service': {
        content:
          '[Service]\nExecStart=/usr/bin/etcd\nWorkingDirectory=/srv\nEnvironment=ETCD_NAME=one "ETCD_QUOTA=2 GB"\nEnvironmentFile=-/etc/etcd.env\n',
      },
    };
    const run: TestProcess = { argv: ['/usr/bin/etcd'], cgroup: '0::/system.slice/etcd.service\n' };
    const seen = await observe(
      nodeText(
        { 650: run },
        {
          ...unit,
          '/etc/etcd.env': { content: '# c\nETCD_NAME=m1\nOTHER=x\n' },
          '/srv/m1.etcd': { type: 'directory', mode: '0700', uid: 997 },
        },
      ),
    );
    expect(valueFor<ProcessValue>(seen, 'process', 'etcd@etcd.service')).toMatchObject({
      environment: { ETCD_NAME: 'm1', ETCD_QUOTA: '2 GB' },
      environmentFrom: 'unit',
    });
    expect(valueFor<FileSetValue>(seen, 'files', 'etcd.data-dir').paths).toEqual(['/srv/m1.etcd']);
    expect(valueFor<FileValue>(seen, 'file', '/srv/m1.etcd')).toEqual({
      type: 'directory',
      mode: '0700',
      uid: 997,
      gid: 0,
      owner: null,
      group: 'root',
    });
    const withFile = await observe(
      nodeText(
        { 650: { ...run, argv: ['/usr/bin/etcd', '-config-file=/e.yaml'] } },
        { ...unit, '/e.yaml': { content: 'data-dir: /d\n' }, '/d': { type: 'directory' } },
      ),
    );
    expect(valueFor<ConfigValue>(withFile, 'etcd.config', 'etcd@etcd.service').document).toEqual({ 'data-dir': '/d' });
    expect(valueFor<FileSetValue>(withFile, 'files', 'etcd.data-dir').paths).toEqual(['/d']);
  });
});

describe('units', () => {
  test('drop-ins of all directories by name, the first directory wins, a device masks; lists grow and are reset', async () => {
    const seen = await withKubelet([], {
      '/lib/systemd/system/kubelet.service': {
        content:
          '[Unit]\nRestart=no\n[Service]\nExecStart=/usr/bin/kubelet \\\n  --a\nIPAddressAllow=10.0.0.1\nRestart=always\n',
      },
      '/lib/systemd/system/kubelet.service.d/10-a.conf': { content: '[Service]\nRestart=lib\n' },
      '/etc/systemd/system/kubelet.service.d/10-a.conf': {
        content: '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet $ARGS\n',
      },
      '/lib/systemd/system/kubelet.service.d/20-b.conf': { content: '[Service]\nIPAddressAllow=10.0.0.2\n' },
      '/lib/systemd/system/kubelet.service.d/30-c.conf': { content: '[Service]\nRestart=masked\n' },
      '/etc/systemd/system/kubelet.service.d/30-c.conf': { type: 'link', to: '/dev/null' },
      '/dev/null': { type: 'device' },
      '/run/systemd/system/kubelet.service.d/note.txt': { content: 'no' },
    });
    expect(valueFor<UnitValue>(seen, 'unit', 'kubelet.service')).toEqual({
      path: '/lib/systemd/system/kubelet.service',
      dropIns: ['/etc/systemd/system/kubelet.service.d/10-a.conf', '/lib/systemd/system/kubelet.service.d/20-b.conf'],
      environmentFiles: [],
      directives: { ExecStart: '/usr/bin/kubelet $ARGS', IPAddressAllow: '10.0.0.1 10.0.0.2', Restart: 'always' },
    });
    expect(valueFor<FileSetValue>(seen, 'files', 'kubelet.unit').paths).toEqual([
      '/etc/systemd/system/kubelet.service.d/10-a.conf',
      '/lib/systemd/system/kubelet.service',
      '/lib/systemd/system/kubelet.service.d/20-b.conf',
    ]);
  });
});

describe('files', () => {
  test('links are followed, the target’s mode counts; fallbacks only when nothing was found', async () => {
    const seen = await withKubelet([], {
      '/var/lib/kubelet/pki/kubelet-server-current.pem': {
        type: 'link',
        to: '/var/lib/kubelet/pki/kubelet-server-1.pem',
      },
      '/var/lib/kubelet/pki/kubelet-server-1.pem': { mode: '0600', content: 'x' },
      '/var/lib/kubelet/pki/kubelet.crt': { content: 'x' },
    });
    expect(valueFor<FileSetValue>(seen, 'files', 'kubelet.serving-certificate').paths).toEqual([
      '/var/lib/kubelet/pki/kubelet-server-current.pem',
    ]);
    expect(valueFor<FileValue>(seen, 'file', '/var/lib/kubelet/pki/kubelet-server-current.pem')).toMatchObject({
      mode: '0600',
      target: '/var/lib/kubelet/pki/kubelet-server-1.pem',
    });
  });

  test('pki is walked with its folders; what is no file is left out; keys are known by name', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    const seen = await withKubelet([], {
      '/etc/kubernetes/pki/ca.key': { mode: '0600', content: 'never read' },
      '/etc/kubernetes/pki/both.pem': { content: key },
      '/etc/kubernetes/pki/etcd/fifo': { type: 'fifo' },
      '/etc/kubernetes/pki/gone': { type: 'link', to: '/nowhere' },
      '/etc/kubernetes/pki/sa.pub': { content: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' },
    });
    const paths = (set: string) =>
      valueFor<FileSetValue>(seen, 'files', set).paths.map((path) => path.replace('/etc/kubernetes/pki', ''));
    expect(paths('pki')).toEqual(['', '/both.pem', '/ca.key', '/etcd', '/sa.pub']);
    expect(paths('pki.keys')).toEqual(['/both.pem', '/ca.key']);
    expect(paths('pki.certificates')).toEqual([]);
    expect(seen.some((one) => one.fact === 'certificates' && one.subject.endsWith('.key'))).toBe(false);
  });

  test('a closed directory gives the set its state', async () => {
    const seen = await withKubelet([], { '/etc/kubernetes/pki': { type: 'directory', state: 'denied' } });
    expect(find(seen, 'files', 'pki')).toMatchObject({ state: 'denied' });
    expect(find(seen, 'files', 'admin.kubeconfig')).toMatchObject({ state: 'observed' });
  });

  test('a setting that cannot be known gives the set its state', async () => {
    const seen = await withKubelet(['--config=/k.yaml'], { '/k.yaml': { state: 'denied' } });
    expect(find(seen, 'files', 'kubelet.client-ca')).toMatchObject({
      state: 'denied',
      detail: expect.stringContaining('/k.yaml'),
    });
    expect(valueFor<FileSetValue>(seen, 'files', 'kubelet.config').paths).toEqual(['/k.yaml']);
  });

  test('CNI plugins in the order of the files', async () => {
    const seen = await withKubelet([], {
      '/etc/cni/net.d/20.conf': { content: '{"name": "b", "type": "ptp", "token": "x"}' },
      '/etc/cni/net.d/10.conflist': { content: '{"name": "a", "plugins": [{"type": "calico"}, {"type": "portmap"}]}' },
      '/etc/cni/net.d/x.lock': {},
    });
    expect(valueFor<CniValue>(seen, 'cni', 'node').configurations).toEqual([
      { file: '/etc/cni/net.d/10.conflist', name: 'a', plugins: ['calico', 'portmap'] },
      { file: '/etc/cni/net.d/20.conf', name: 'b', plugins: ['ptp'] },
    ]);
    expect(valueFor<FileSetValue>(seen, 'files', 'cni.config').paths).toEqual([
      '/etc/cni/net.d/10.conflist',
      '/etc/cni/net.d/20.conf',
    ]);
  });
});

test('accounts by the host’s names', async () => {
  const seen = await observe(
    nodeText(
      {},
      {
        '/etc/passwd': { content: 'root:x:0:0::/:\netcd:x:997:996::/:\nkube-x:x:5:5\n' },
        '/etc/group': { content: 'root:x:0:\n' },
      },
    ),
  );
  expect(find(seen, 'node.accounts', 'node').value).toEqual({
    users: { root: 0, etcd: 997, 'kube-x': 5 },
    groups: { root: 0, etcd: null },
  });
});

test('the manifest of an instance', async () => {
  const one = apiserver(['--profiling=false']);
  const seen = await observe(nodeText({ 600: one.process }, one.files));
  expect(valueFor<ManifestValue>(seen, 'manifest', apiserverSubject)).toEqual({
    path: '/etc/kubernetes/manifests/kube-apiserver.yaml',
    pod: 'kube-system/kube-apiserver',
    image: 'registry/kube-apiserver:v1',
    argv: ['kube-apiserver', '--profiling=false'],
    environment: {},
    hostPaths: [],
  });
  expect(apiserverUid).toHaveLength(32);
});
