import { describe, expect, test } from 'vitest';
import { fixtureHost, recordNode } from '../../agent/src/index.ts';
import { redactArgv } from '../../agent/src/redact/command-line.ts';
import { shippedPack } from '../pack.ts';
import { apiserver, manifest, nodeText, observe, podCgroup, type TestProcess } from './node.ts';

const clock = () => '2026-01-01T00:00:00.000Z';
const versions = { kubelet: 'v1.34.4', controlPlane: 'v1.34.4' };

test.each([
  [['--token=abc'], ['--token=[redacted]']],
  [
    ['--token', 'abc', '--v=2'],
    ['--token', '[redacted]', '--v=2'],
  ],
  [['--etcd-servers=https://u:p@h:2379'], ['--etcd-servers=https://[redacted]@h:2379']],
  [['--initial-cluster-token=xyz'], ['--initial-cluster-token=[redacted]']],
  [['--token-auth-file=/etc/tokens.csv'], ['--token-auth-file=/etc/tokens.csv']],
  [
    ['--enable-bootstrap-token-auth=true', '--authentication-token-webhook'],
    ['--enable-bootstrap-token-auth=true', '--authentication-token-webhook'],
  ],
  [
    ['--authentication-token-webhook', 'true'],
    ['--authentication-token-webhook', 'true'],
  ],
  [['--authentication-token-webhook-cache-ttl=2m0s'], ['--authentication-token-webhook-cache-ttl=2m0s']],
  [
    ['--tls-private-key-file=/pki/a.key', '--etcd-keyfile=/k'],
    ['--tls-private-key-file=/pki/a.key', '--etcd-keyfile=/k'],
  ],
  [['--requestheader-allowed-names=front-proxy-client'], ['--requestheader-allowed-names=front-proxy-client']],
  [['--requestheader-group-headers=X-Remote-Group'], ['--requestheader-group-headers=X-Remote-Group']],
  [
    ['-password=hunter2', '--db-secret=x'],
    ['-password=[redacted]', '--db-secret=[redacted]'],
  ],
  [['--x=Bearer abc.def'], ['--x=Bearer [redacted]']],
  [
    ['--token', 'two words'],
    ['--token', '[redacted]'],
  ],
  [
    ['--token=two words', 'kept'],
    ['--token=[redacted]', 'kept'],
  ],
  [
    ['sh', '-c', 'exec kubelet  --token="two words" --v=2'],
    ['sh', '-c', 'exec kubelet --token=[redacted] --v=2'],
  ],
  [
    ['sh', '-c', "sh -c 'x --password p'"],
    ['sh', '-c', 'sh -c "x --password [redacted]"'],
  ],
  [
    ['env', 'API_TOKEN=abc', 'PATH=/bin', 'kubelet'],
    ['env', 'API_TOKEN=[redacted]', 'PATH=/bin', 'kubelet'],
  ],
  [['--extra=--token=abc --v=2'], ['--extra=--token=[redacted] --v=2']],
  [
    ['--set', 'a=1,auth.token=abc'],
    ['--set', 'a=[redacted]'],
  ],
  [['--feature-gates=TokenRequest=true,B=false'], ['--feature-gates=TokenRequest=true,B=false']],
  [["--prefix=my  own 'prefix'"], ["--prefix=my  own 'prefix'"]],
  [['-'], ['-']],
])('%j', (argv, expected) => {
  expect(redactArgv(argv)).toEqual(expected);
});

describe('planted strings never leave the node', () => {
  const canary = (place: string) => `canary-${place}-7f3a`;
  const pem = `-----BEGIN RSA PRIVATE KEY-----\n${canary('pem')}\n-----END RSA PRIVATE KEY-----\n`;
  const argv = [
    '--encryption-provider-config=/e.yaml',
    '--authentication-config=/authn.yaml',
    '--admission-control-config-file=/adm.yaml',
    `--token=${canary('flag')}`,
    `--etcd-servers=https://u:${canary('url')}@h`,
  ];
  const one = apiserver(argv);
  const shown = (name: string) => ({ name, value: canary(name) });
  const kubelet: TestProcess = {
    argv: ['kubelet', '--config=/k.yaml', '--config-dir=/d', '--bootstrap-token', canary('word')],
    cgroup: '0::/system.slice/kubelet.service\n',
  };
  const etcd: TestProcess = {
    argv: ['etcd', '--config-file=/etcd.yaml'],
    cgroup: '0::/system.slice/etcd.service\n',
    environ: `AWS_KEY=${canary('environ')}\0ETCD_PASSWORD=${canary('etcd-environ')}\0`,
  };
  const mysql: TestProcess = { argv: ['mysql', `-p${canary('other')}`] };
  const impostor: TestProcess = { argv: ['kubelet', `--x=${canary('impostor')}`], cgroup: podCgroup('1'.repeat(32)) };
  const files = {
    ...one.files,
    '/proc/600/mountinfo': { content: `27 1 254:0 / / rw - ext4 ${canary('device')} rw,password=${canary('mount')}\n` },
    '/proc/1/mountinfo': {
      content: `27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 0:9 / /mnt rw - cifs //${canary('share')} rw,username=${canary('user')}\n`,
    },
    '/etc/kubernetes/manifests/kube-apiserver.yaml': {
      content: manifest('kube-apiserver', ['kube-apiserver', ...argv], {
        env: [shown('DB_PASSWORD'), shown('ETCD_TOKEN')],
      }),
    },
    '/etc/kubernetes/manifests/other.yaml': {
      content: manifest('other', ['x', `--password=${canary('manifest')}`], { env: [shown('ANY')] }),
    },
    '/etc/kubernetes/manifests/broken.yaml': { content: `a: ${canary('broken')}\na: 2` },
    '/e.yaml': {
      content: `resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: ${canary('key-name')}, secret: ${canary('key')}}]}}]}]`,
    },
    '/authn.yaml': {
      content: `kind: AuthenticationConfiguration\nclientSecret: ${canary('authn')}\nurl: https://a:${canary('authn-url')}@x`,
    },
    '/adm.yaml': {
      content: `plugins: [{name: ImagePolicyWebhook, configuration: {kubeConfig: ${canary('admission')}}}]`,
    },
    '/k.yaml': { content: `staticPodURLHeader: {X-Any: [${canary('header')}]}\n# ${canary('comment')}\n` },
    '/d/1.conf': { content: `bootstrapToken: ${canary('drop-in')}\n` },
    '/etcd.yaml': { content: `initial-cluster-token: ${canary('etcd')}\n` },
    '/lib/systemd/system/kubelet.service': {
      content: `[Service]\nEnvironment="X_TOKEN=${canary('unit')}" PLAIN=${canary('plain')}\nEnvironmentFile=/env\nSetCredential=a:${canary('credential')}\nExecStart=/usr/bin/kubelet --token=${canary('exec')}\nExecStartPre="/usr/bin/x" '--api-token=a ${canary('exec-quoted')}' --password "b ${canary('exec-word')}"\nExecStartPost=/bin/y --token c\\x20${canary('exec-escaped')} -c "z --secret='d ${canary('exec-nested')}'"\nExecStop=/bin/z --token="e ${canary('exec-unclosed')}\nExecReload=/usr/bin/env API_TOKEN='f ${canary('exec-variable')}' /bin/z\n# ${canary('unit-comment')}\n`,
    },
    '/env': { content: `SECRET=${canary('env-file')}\nETCD_INITIAL_CLUSTER_TOKEN=${canary('env-token')}\n` },
    '/etc/kubernetes/admin.conf': {
      content: `users: [{name: a, user: {token: ${canary('kubeconfig')}, client-key-data: ${canary('kubeconfig-key')}, password: ${canary('kubeconfig-password')}, username: u, client-certificate-data: ${Buffer.from(pem).toString('base64')}}}, {name: b, user: {exec: {env: [{name: A, value: ${canary('kubeconfig-exec')}}]}}}]\nextensions: ${canary('kubeconfig-extension')}\n`,
    },
    '/home/jane/.kube/config': { content: `users: [{name: j, user: {tokenFile: ${canary('kubeconfig-file')}}}]\n` },
    '/etc/kubernetes/pki/ca.key': { content: canary('key-file') },
    '/etc/kubernetes/pki/both.pem': { content: `${canary('outside-blocks')}\n${pem}` },
    '/etc/kubernetes/pki/odd.crt': { content: canary('odd-crt') },
    '/etc/cni/net.d/10.conf': { content: `{"name": "n", "type": "t", "etcd_password": "${canary('cni')}"}` },
    '/etc/passwd': { content: `root:${canary('hash')}:0:0:${canary('gecos')}:/:\n` },
    '/etc/shadow': { content: canary('shadow') },
    '/etc/os-release': { content: `NAME="D"\nX=${canary('release')}\n` },
  };
  const text = nodeText({ 400: kubelet, 401: etcd, 402: mysql, 403: impostor, 600: one.process }, files);
  const found = (where: string) => [...new Set(where.match(/canary-[a-zA-Z_-]+-7f3a/g))];

  test('the fixture really holds them', () => {
    expect(found(text).length).toBeGreaterThan(35);
  });

  test('in observations', async () => {
    expect(found(JSON.stringify(await observe(text)))).toEqual([]);
  });

  test('in a recording, whose observations are the same', async () => {
    const recording = await recordNode(fixtureHost(text), { pack: shippedPack(), clock, versions });
    expect(found(recording)).toEqual([]);
    const broken = (one: { readonly detail?: string }) => !one.detail?.includes('broken.yaml');
    expect((await observe(recording)).filter(broken)).toEqual((await observe(text)).filter(broken));
  });
});
