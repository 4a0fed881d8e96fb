import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { AggregatorMessage } from '@plumbline/proto';
import type { Received } from './guard.ts';
import type { Peer } from './identity.ts';

/** The server's end of one stream. */
export type Call = ServerDuplexStream<Received, AggregatorMessage>;

/** What the connection proves: the client certificate that our CA vouches for, the bearer token, where it comes from. */
export function peerOf(call: Call): Peer {
  const certificate = call.getAuthContext().sslPeerCertificate;
  const name: unknown = certificate?.subject?.CN;
  const authorization = call.metadata.get('authorization').at(0);
  const token = /^Bearer (\S+)$/i.exec(typeof authorization === 'string' ? authorization : '')?.[1];
  return { commonName: typeof name === 'string' ? name : undefined, token, loopback: isLoopback(call.getPeer()) };
}

/** `127.0.0.1:4711`, `[::1]:4711` and unix sockets, whose peers have no address. */
function isLoopback(address: string): boolean {
  return /^(127\.|\[?::1\]?:|\[?::ffff:127\.|unix:)/.test(address);
}
