import type { AlertMessage } from '../../../aggregator/src/alert/message.ts';
import { start } from '../world.ts';

/** A message of an alert, as a test needs it. */
export function message(given: Partial<AlertMessage> = {}): AlertMessage {
  const resolved = given.status === 'resolved';
  return {
    alert: '01JAAAAAAAAAAAAAAAAAAAAAAA',
    revision: resolved ? 2 : 1,
    status: 'firing',
    rule: 'regress',
    severity: 'high',
    title: 'Profiling is on',
    summary: 'Profiling of the API server was switched on.',
    cluster: 'prod',
    startsAt: start,
    changedAt: start,
    endsAt: resolved ? start + 60_000 : null,
    control: { benchmark: 'cis/kubernetes-2.0', number: '1.2.15', control: 'apiserver-profiling', title: 'Profiling' },
    nodes: ['one', 'two'],
    nodesTotal: 2,
    subjects: ['kube-apiserver'],
    subjectsTotal: 1,
    values: [
      {
        fact: 'process',
        subject: 'kube-apiserver',
        key: 'profiling',
        from: 'false',
        to: 'true',
        origin: 'flag --profiling',
      },
    ],
    statusBefore: 'pass',
    statusAfter: 'fail',
    remedy: 'Set --profiling=false.',
    url: 'https://plumbline.example/findings/1',
    labels: { alertname: 'PlumblineRegress', severity: 'high', cluster: 'prod', number: '1.2.15' },
    ...given,
  };
}
