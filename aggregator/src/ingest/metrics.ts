import type { ErrorCode } from '@plumbline/core';

/** What ingest counts. `node` is always the node of the credential, undefined before there is one. */
export interface IngestMetrics {
  refused(code: ErrorCode, node: string | undefined): void;
  committed(node: string, kind: 'snapshot' | 'delta' | 'heartbeat'): void;
  /** Seconds that the node's clock is ahead (negative: behind); 0 where it is off by no more than is tolerated. */
  skew(node: string, seconds: number): void;
  streams(open: number): void;
}

/** Counts in memory, for /metrics and for tests. */
export class IngestCounters implements IngestMetrics {
  readonly refusals = new Map<ErrorCode, number>();
  readonly commits = new Map<string, number>();
  /** Of the nodes whose clock is off. */
  readonly skewSeconds = new Map<string, number>();
  openStreams = 0;

  refused(code: ErrorCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  committed(_node: string, kind: string): void {
    this.commits.set(kind, (this.commits.get(kind) ?? 0) + 1);
  }

  skew(node: string, seconds: number): void {
    if (seconds === 0) this.skewSeconds.delete(node);
    else this.skewSeconds.set(node, seconds);
  }

  streams(open: number): void {
    this.openStreams = open;
  }
}
