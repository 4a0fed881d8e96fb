import type { ServiceDefinition } from '@grpc/grpc-js';
import { findingsService, maxMessageBytes, type NodeMessage } from '@plumbline/proto';

/** What came out of the bytes of one message. */
export type Received =
  | { readonly message: NodeMessage; readonly bytes: number }
  | { readonly refused: 'PLB_STREAM_MALFORMED' | 'PLB_STREAM_TOO_LARGE' };

/** Hard limit of the transport; between it and maxMessageBytes a message is refused with a code, above it without. */
export const transportLimit = 4 * maxMessageBytes;

/** The service with a decoder that never throws: a peer's bytes must not be able to end more than the peer's stream. */
export function guardedService(): ServiceDefinition {
  const { service } = findingsService();
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): Received => receive(bytes, method.requestDeserialize);
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

function receive(bytes: Buffer, decode: (bytes: Buffer) => unknown): Received {
  if (bytes.length > maxMessageBytes) return { refused: 'PLB_STREAM_TOO_LARGE' };
  try {
    return { message: decode(bytes) as NodeMessage, bytes: bytes.length };
  } catch {
    return { refused: 'PLB_STREAM_MALFORMED' };
  }
}
