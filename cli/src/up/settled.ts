import { setTimeout as sleep } from 'node:timers/promises';
import { type Served, type ServedNode, served } from './served.ts';

/** What has to be there before the summary is worth reading. */
export interface Expectation {
  readonly restAddress: string;
  /** Names of the nodes that agents of this process report. */
  readonly reporting: readonly string[];
  /** Whether a cluster lists the nodes. */
  readonly cluster: boolean;
  /** What was heard before is of another run. */
  readonly since: Date;
  /** Judges everything that waits. */
  readonly settle: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly withinMilliseconds?: number;
}

const askEveryMilliseconds = 100;

/**
 * What is served once every expected node is judged, or what there is when the time is over (`complete: false`). Undefined when the
 * signal came first.
 */
export async function settled(
  expected: Expectation,
): Promise<{ readonly served: Served; readonly complete: boolean } | undefined> {
  const { signal, withinMilliseconds = 30_000 } = expected;
  for (let waited = 0; !signal.aborted; waited += askEveryMilliseconds) {
    const now = await served(expected.restAddress);
    if (isComplete(now, expected)) {
      await expected.settle();
      return { served: await served(expected.restAddress), complete: true };
    }
    if (waited >= withinMilliseconds) return { served: now, complete: false };
    await sleep(askEveryMilliseconds, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** True when the list of nodes is there, observations of each expected node have arrived, and every node has been judged. */
export function isComplete(
  { summary, nodes }: Served,
  expected: Pick<Expectation, 'reporting' | 'cluster' | 'since'>,
): boolean {
  if (expected.cluster && !summary.nodeList.synced) return false;
  const heard = ({ presence, agentVersion, lastReceived }: ServedNode) =>
    presence === 'reporting' && agentVersion !== null && Date.parse(lastReceived ?? '') >= expected.since.getTime();
  const reporting = new Set(nodes.filter(heard).map((one) => one.name));
  if (!expected.reporting.every((name) => reporting.has(name))) return false;
  return nodes.length > 0 && nodes.every((one) => one.benchmark !== null && one.summary.total > 0);
}
