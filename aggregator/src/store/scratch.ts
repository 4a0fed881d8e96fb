import type { FindingQueries } from './finding-query.ts';
import { findingQueries } from './finding-query.ts';
import { interner } from './intern.ts';
import type { JournalWriter } from './journal.ts';
import { type NodePatch, type NodeTable, nodeTable } from './node-table.ts';
import { openDatabase } from './open.ts';
import type { VerdictPart } from './open-verdicts.ts';
import { type MatchedFinding, type VerdictChange, verdictTable } from './verdict-table.ts';
import { transactor } from './writer.ts';

/** Verdicts that nobody keeps, with the same questions as those that are kept. */
export interface ScratchStore {
  readonly nodes: Pick<NodeTable, 'all' | 'get'>;
  readonly queries: FindingQueries;
  /** A node that verdicts can be given to. */
  add(name: string, at: number, patch: NodePatch): void;
  /** Gives verdicts to a node, or to the cluster (null), besides those that are there. */
  judge(node: string | null, findings: readonly MatchedFinding[], at: number): void;
  /** The same as the store's. */
  judgePart(node: null, part: VerdictPart, findings: readonly MatchedFinding[], at: number): readonly VerdictChange[];
  /** Verdicts by now. */
  count(): number;
  close(): void;
}

/** What is judged once more is no change of anything. */
const noJournal: JournalWriter = { append: () => undefined, committed: () => undefined, forget: () => undefined };

/** An empty one, in memory. */
export async function scratchStore(): Promise<ScratchStore> {
  const { writer, close } = await openDatabase(':memory:');
  const intern = interner(writer);
  const nodes = nodeTable(writer);
  const verdicts = verdictTable(writer, intern, noJournal);
  const transact = transactor(writer, {
    committed: () => undefined,
    rolledBack() {
      intern.forget();
      verdicts.forget();
      nodes.reload();
    },
  });
  let generation = 0;
  let count = 0;
  return {
    nodes,
    queries: findingQueries(writer, { generation: () => generation, era: () => 0 }),
    add(name, at, patch) {
      transact(() => {
        nodes.ensure(name, at);
        nodes.patch(name, patch);
      });
    },
    judge(node, findings, at) {
      give(node, { lines: [] }, findings, at);
    },
    judgePart: (_, part, findings, at) => give(null, part, findings, at),
    count: () => count,
    close,
  };

  function give(node: string | null, part: VerdictPart, findings: readonly MatchedFinding[], at: number) {
    const id = node === null ? 0 : (nodes.get(node)?.id ?? -1);
    const changes = transact(() => verdicts.replacePart({ id, name: node, cause: 'ruleset' }, part, findings, at));
    generation++;
    count += findings.length;
    return changes;
  }
}
