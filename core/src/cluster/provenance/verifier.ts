import type { Evidence } from '../../check/truth.ts';
import type { Reach } from '../admission/match.ts';
import type { ClusterObject } from '../objects.ts';

/**
 * Something that verifies where images come from. `enforces`: it refuses what it cannot verify; otherwise `weakness` says what it does
 * instead. `reach`: how many of the new pods of a namespace it sees.
 */
export interface Verifier {
  readonly line: Evidence;
  readonly enforces: boolean;
  readonly weakness: string;
  readonly reach: (namespace: ClusterObject) => Reach;
}
