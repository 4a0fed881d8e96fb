import { spawn } from 'node:child_process';
import type { Change } from './change.ts';
import { kubectl } from './cluster.ts';
import { write } from './undo.ts';

/** Processes that pretend; they change no verdict and are listed as ignored. */
export const impostors: readonly Change[] = [
  {
    name: 'a user runs something called kube-apiserver',
    settles: 'at once',
    ignored: 'kube-apiserver',
    expect: {},
    make: () => {
      const child = spawn('sleep', ['600'], { argv0: 'kube-apiserver', uid: 65534, gid: 65534, stdio: 'ignore' });
      return () => child.kill('SIGKILL');
    },
  },
  {
    name: 'a pod runs something called kube-scheduler',
    settles: 'at once',
    ignored: 'kube-scheduler',
    expect: {},
    make: () => {
      const image = kubectl(
        '-n',
        'kube-system',
        'get',
        'pods',
        '-l',
        'component=kube-scheduler',
        '-o',
        'jsonpath={.items[0].spec.containers[0].image}',
      );
      const node = kubectl(
        '-n',
        'kube-system',
        'get',
        'pods',
        '-l',
        'component=kube-scheduler',
        '-o',
        'jsonpath={.items[0].spec.nodeName}',
      );
      const command = [
        'kube-scheduler',
        '--master=http://127.0.0.1:1',
        '--leader-elect=false',
        '--profiling=false',
        '--bind-address=127.0.0.1',
      ];
      const spec = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'impostor' },
        spec: { nodeName: node, containers: [{ name: 'kube-scheduler', image, imagePullPolicy: 'Never', command }] },
      };
      const remove = write('/tmp/plumbline-impostor.json', JSON.stringify(spec));
      kubectl('apply', '-f', '/tmp/plumbline-impostor.json');
      kubectl('wait', '--for=condition=Ready', 'pod/impostor', '--timeout=60s');
      return () => {
        kubectl('delete', 'pod', 'impostor', '--grace-period=0', '--force');
        remove();
      };
    },
  },
];
