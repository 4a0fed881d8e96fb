import type { Cause } from './journal.ts';
import type { NodeRecord } from './node-table.ts';

/** Why the verdicts of a node or of the cluster change, where something else than what is observed changed too. */
export interface JudgingCauses {
  /** Another program judges from now on: what changes when it judges a node for the first time is its doing. */
  programChanged(): void;
  /** Undefined: what is observed. Null: the cluster. */
  of(node: NodeRecord | null): Cause | undefined;
  judged(node: string | null): void;
}

/** How long the cluster's lines are judged for the first time after a change of the program; milliseconds. */
const clusterSettlesMs = 120_000;

/** Nothing but observations changes verdicts, until it is told otherwise. */
export function judgingCauses(clock: () => number = Date.now): JudgingCauses {
  let changedAt: number | undefined;
  const judged = new Set<string>();
  return {
    programChanged() {
      changedAt = clock();
      judged.clear();
    },
    of(node) {
      if (node === null)
        return changedAt !== undefined && clock() - changedAt < clusterSettlesMs ? 'ruleset' : undefined;
      if (changedAt !== undefined && !judged.has(node.name)) return 'ruleset';
      return node.judgedAgent !== null && node.judgedAgent !== node.agentVersion ? 'agent' : undefined;
    },
    judged(node) {
      if (changedAt !== undefined && node !== null) judged.add(node);
    },
  };
}
