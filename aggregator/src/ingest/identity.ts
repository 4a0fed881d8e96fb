import { createHash, timingSafeEqual } from 'node:crypto';

/** What a connection proves, before a word is spoken. `commonName` only of a certificate that the client CA vouches for. */
export interface Peer {
  readonly commonName: string | undefined;
  readonly token: string | undefined;
  readonly loopback: boolean;
}

/** The node that a credential speaks for; `any`: a developer's credential, the node names itself. */
export type Identity = { readonly node: string } | { readonly any: true };

/** Decides who a peer is; undefined: this provider does not know. Throws when it could not find out. */
export type Identify = (peer: Peer) => Promise<Identity | undefined> | Identity | undefined;

/** Names that Kubernetes gives nodes (RFC 1123 subdomain). */
const nodeName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Is this a name that a node can have? */
export function isNodeName(name: string): boolean {
  return nodeName.test(name);
}

/** Client certificates with the common name `system:node:NAME` (a kubelet's own) or `plumbline:node:NAME`. */
export const byCertificate: Identify = ({ commonName }) => {
  const node = /^(?:system|plumbline):node:(.+)$/.exec(commonName ?? '')?.[1];
  return node !== undefined && isNodeName(node) ? { node } : undefined;
};

/**
 * Static tokens, one a line: `TOKEN NODE`; the node `*` is any node and is honoured on loopback only. Lines that start with # and
 * empty ones are skipped. Tokens are kept as digests and compared in constant time.
 */
export function byTokens(text: string): Identify {
  const entries = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/))
    .flatMap(([token, node]) => (token && node ? [{ digest: sha256(token), node }] : []));
  return ({ token, loopback }) => {
    if (token === undefined) return undefined;
    const digest = sha256(token);
    const found = entries.filter((entry) => timingSafeEqual(entry.digest, digest)).at(0);
    if (!found) return undefined;
    if (found.node !== '*') return { node: found.node };
    return loopback ? { any: true } : undefined;
  };
}

/** Asks the cluster: `review` does a TokenReview for our audience and gives the node that the token is bound to. */
export function byReview(review: (token: string) => Promise<{ readonly node: string } | undefined>): Identify {
  return async ({ token }) => (token === undefined ? undefined : await review(token));
}

/** The first provider that knows the peer. */
export function anyOf(...providers: readonly Identify[]): Identify {
  return async (peer) => {
    for (const identify of providers) {
      const identity = await identify(peer);
      if (identity) return identity;
    }
    return undefined;
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
