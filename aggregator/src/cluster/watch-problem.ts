import type { KubeResponse } from './kube-client.ts';

/**
 * Why a watch had to begin again; the label of a metric. `no-stream`: the server gives no initial state by watch. `silent`: nothing came for
 * longer than bookmarks take. `ended`: the server ended it at once.
 */
export type Reason =
  | 'gone'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'throttled'
  | 'server'
  | 'network'
  | 'silent'
  | 'ended'
  | 'malformed'
  | 'no-stream';

/** Why a request did not give what was asked. `retryAfter` in milliseconds, 0 when the server did not say. */
export class WatchProblem extends Error {
  readonly reason: Reason;
  readonly retryAfter: number;
  constructor(reason: Reason, message: string, retryAfter = 0) {
    super(message);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

const byStatus: Readonly<Record<number, Reason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  410: 'gone',
  429: 'throttled',
};

/** The problem that a status means, as an answer or in an ERROR event. */
export function problemOf(status: number, message: string, retryAfter = 0): WatchProblem {
  // After etcd was restored, the position lies in a future that never comes.
  const ahead = /too large resource version/i.test(message);
  return new WatchProblem(ahead ? 'gone' : (byStatus[status] ?? 'server'), message, retryAfter);
}

/** The same for an answer, whose body is dropped. `initial`: it was asked for the initial state by watch, which not every server knows. */
export async function refusalOf(answer: KubeResponse, path: string, initial: boolean): Promise<WatchProblem> {
  const said = await shortText(answer);
  const unknown = initial && [400, 405, 406, 415, 422, 501].includes(answer.status);
  if (unknown)
    return new WatchProblem('no-stream', `${path} answered ${answer.status} to a watch of the initial state`);
  const problem = problemOf(answer.status, said, answer.retryAfter);
  return new WatchProblem(problem.reason, `${path} answered ${answer.status}`, problem.retryAfter);
}

/** The first piece of a refusal: enough to tell one from another. */
async function shortText(answer: KubeResponse): Promise<string> {
  try {
    for await (const chunk of answer.body) return chunk.toString('utf8');
    return '';
  } catch {
    // The status alone must do: a body that broke off says nothing else.
    return '';
  } finally {
    answer.drop();
  }
}
