import { kubectl, nodeName } from './cluster.ts';

/** An event of the audit log that the API server writes to its standard output. */
export interface Audited {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code: number };
}

/**
 * Requests that came since then, at most three minutes ago, of whom this is true. The policy must not omit the stage ResponseComplete: only
 * requests that last, as watches do, have another one with an answer.
 */
export function audited(since: string, isOurs: (event: Audited) => boolean): readonly Audited[] {
  const log = kubectl('-n', 'kube-system', 'logs', `kube-apiserver-${nodeName()}`, '--since=3m');
  const events = log
    .split('\n')
    .filter((line) => line.startsWith('{"kind":"Event"'))
    .map((line) => JSON.parse(line) as Audited)
    .filter((event) => event.requestReceivedTimestamp >= since && isOurs(event));
  return [...new Map(events.map((event) => [event.auditID, event])).values()];
}
