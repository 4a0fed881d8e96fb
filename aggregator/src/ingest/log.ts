import type { Observation } from '@plumbline/core';

/** Where a node's stream stands on disk. `digest` is the digest of the stored state. */
export interface Position {
  readonly epoch: string;
  readonly sequence: bigint;
  readonly digest: string;
}

/** One message to commit. `receivedAt` is the aggregator's clock, ISO 8601. */
export interface Commit {
  readonly node: string;
  readonly epoch: string;
  readonly sequence: bigint;
  readonly digest: string;
  readonly receivedAt: string;
}

/**
 * What ingest needs of the store. Every call returns after the commit is on disk (`synchronous=FULL`), so that an
 * acknowledgement is a promise. Throws PLB_STORE_WRITE when the disk refuses.
 */
export interface ObservationLog {
  position(node: string): Position | undefined;
  /** A stream begins. Of a node that is known nothing changes: its position stays until something is committed in the new epoch. */
  begin(commit: Commit): void;
  /** The whole state of the node: whatever is not in it is gone. */
  replace(commit: Commit, observations: readonly Observation[]): void;
  /** A change: upserts and keys that are gone. */
  apply(
    commit: Commit,
    changed: readonly Observation[],
    gone: readonly { readonly fact: string; readonly subject: string }[],
  ): void;
  /** Nothing changed; the node was heard. */
  touch(commit: Commit): void;
  /** The content digest of every stored observation, by `keyOf`. */
  contents(node: string): ReadonlyMap<string, string>;
}
