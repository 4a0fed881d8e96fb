import { at, type Json } from '@plumbline/core';
import type { KubeClient } from '../cluster/kube-client.ts';

/** Audience of the agents' projected tokens. */
export const agentAudience = 'plumbline';

const nodeClaim = 'authentication.kubernetes.io/node-name';

/**
 * Asks the API server whose token this is and returns the node it is bound to; undefined when the token is not valid for us, is of
 * another account or names no node (clusters before 1.30 put no node claim into tokens). Throws when the API server cannot be asked.
 */
export async function reviewToken(
  client: KubeClient,
  serviceAccount: string,
  token: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await client.ask({
    verb: 'create',
    resource: 'tokenreviews',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [agentAudience] },
    },
    signal,
  });
  if (answer.status !== 201 && answer.status !== 200) {
    answer.drop();
    throw new Error(`the API server answered ${answer.status} to a token review`);
  }
  return nodeOf((await answer.json()) as Json, serviceAccount);
}

/** The node that a reviewed token of the agents' service account is bound to: any pod can ask for a token of our audience. */
export function nodeOf(review: Json, serviceAccount: string): string | undefined {
  const audiences = at(review, 'status.audiences');
  // A server that ignores audiences answers none: then the token may be meant for somebody else.
  const ours = Array.isArray(audiences) && audiences.includes(agentAudience);
  if (at(review, 'status.authenticated') !== true || !ours) return undefined;
  if (at(review, 'status.user.username') !== serviceAccount) return undefined;
  const extra = at(review, 'status.user.extra');
  const names = extra !== null && typeof extra === 'object' && !Array.isArray(extra) ? Object.entries(extra) : [];
  const node = names.find(([key]) => key === nodeClaim)?.[1];
  const name = Array.isArray(node) ? node[0] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
