import type { Json, Severity, Status } from '@plumbline/core';

/** Most nodes and subjects that one message names; their totals are not bounded. */
export const mostNames = 500;
/** Most values that one message shows. */
export const mostValues = 50;

/** The control whose verdict changed, as its document numbers it. */
export interface AlertControl {
  readonly benchmark: string;
  readonly number: string;
  readonly control: string;
  readonly title: string;
}

/** One value that moved: null where there was, or is, none. `origin` is one line that says where the new one comes from. */
export interface AlertValue {
  readonly fact: string;
  readonly subject: string;
  readonly key: string | null;
  readonly from: Json | null;
  readonly to: Json | null;
  readonly origin: string | null;
}

/** One thing to tell: an alert as it stands now. An alert keeps its id from firing to resolved. Times are milliseconds. */
export interface AlertMessage {
  /** Stable id of the alert. */
  readonly alert: string;
  /** Grows with each message of the alert. */
  readonly revision: number;
  readonly status: 'firing' | 'resolved';
  readonly rule: string;
  readonly severity: Severity;
  /** One line in our own words. */
  readonly title: string;
  readonly summary: string;
  readonly cluster: string | null;
  readonly startsAt: number;
  readonly changedAt: number;
  /** Null while firing. */
  readonly endsAt: number | null;
  readonly control: AlertControl | null;
  /** At most `mostNames` of them; `nodesTotal` counts all. */
  readonly nodes: readonly string[];
  readonly nodesTotal: number;
  readonly subjects: readonly string[];
  readonly subjectsTotal: number;
  /** At most `mostValues`. */
  readonly values: readonly AlertValue[];
  readonly statusBefore: Status | null;
  readonly statusAfter: Status | null;
  readonly remedy: string | null;
  /** Where to look, null when nobody said under which address users reach this server. */
  readonly url: string | null;
  /** Identity for Alertmanager (alertname, severity, cluster, rule, control, number …): the same for every message of the alert. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Where messages wait until their receivers have them. */
export interface Outbox {
  /** Puts a message down for each receiver. Called inside the store transaction that decided it: both are kept, or neither. */
  add(message: AlertMessage, receivers: readonly string[]): void;
}
