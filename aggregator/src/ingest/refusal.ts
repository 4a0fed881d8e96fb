import type { ErrorCode } from '@plumbline/core';
import type { AggregatorMessage } from '@plumbline/proto';

/** Seconds after which a refused agent may come back; 0: not with this credential. */
const retryAfter: Partial<Record<ErrorCode, number>> = {
  PLB_UNAUTHORIZED: 0,
  PLB_STREAM_IDENTITY: 0,
  PLB_STREAM_FENCED: 300,
  PLB_STREAM_TOO_LARGE: 300,
  PLB_STREAM_UNKNOWN_FACT: 300,
  PLB_STREAM_QUOTA: 300,
  PLB_STORE_WRITE: 30,
};

/** A stream ends because of what the peer said or because nothing can be committed. The message reaches the peer. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

/** The last message of a refused stream. */
export function closeOf({ code, message }: { readonly code: ErrorCode; readonly message: string }): AggregatorMessage {
  return { close: { code, message: message.slice(0, 500), retryAfterSeconds: retryAfter[code] ?? 60 } };
}
