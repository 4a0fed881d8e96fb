import { randomUUID } from 'node:crypto';

/** How agents are reached. */
export interface AskedAgents {
  /** Asks every connected agent to look now. */
  readonly lookNow: (token: string) => void;
  /** Nodes from which an answer is to be expected. */
  readonly expected: () => readonly string[];
}

/** Agents that were asked to look, and who has answered. Only a look that began after it was asked for counts. */
export interface Asking {
  /** Token that is to be answered now; undefined while nobody asks. */
  wanted(): string | undefined;
  /** Asks, or asks again: what was answered before does not count any more. */
  ask(): void;
  answered(node: string, token: string): void;
  /** Nodes that are expected to answer and have not. */
  missing(): readonly string[];
  end(): void;
}

/** Nobody is asked yet. */
export function asking({ lookNow, expected }: AskedAgents): Asking {
  const done = new Set<string>();
  let token: string | undefined;
  return {
    wanted: () => token,
    ask() {
      token = randomUUID();
      done.clear();
      lookNow(token);
    },
    answered(node, given) {
      if (given === token) done.add(node);
    },
    missing: () => (token === undefined ? [] : expected().filter((node) => !done.has(node))),
    end() {
      token = undefined;
      done.clear();
    },
  };
}
