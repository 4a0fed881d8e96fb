import { randomUUID } from 'node:crypto';
import type { AlertMessage } from '../message.ts';

/** Receivers that keep an alert until it ends. */
const keeping: readonly string[] = ['alertmanager', 'pagerduty'];

/** The messages that try out a receiver: one that fires and, where somebody would have to close it, its end. */
export function testMessages(kind: string, cluster: string | null, at: number): readonly AlertMessage[] {
  const firing: AlertMessage = {
    alert: `test-${randomUUID()}`,
    revision: 1,
    status: 'firing',
    rule: 'test',
    severity: 'low',
    title: 'Test of a receiver: nothing is wrong',
    summary: 'An operator asked Plumbline to try out this receiver. Nothing needs to be done.',
    cluster,
    startsAt: at,
    changedAt: at,
    endsAt: null,
    control: null,
    nodes: [],
    nodesTotal: 0,
    subjects: [],
    subjectsTotal: 0,
    values: [],
    statusBefore: null,
    statusAfter: null,
    remedy: null,
    url: null,
    labels: { alertname: 'PlumblineTest', severity: 'low', rule: 'test', ...(cluster === null ? {} : { cluster }) },
  };
  return keeping.includes(kind) ? [firing, { ...firing, revision: 2, status: 'resolved', endsAt: at }] : [firing];
}
