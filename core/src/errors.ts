/** Codes of operational errors; docs/errors.md lists each, a test keeps both equal. */
export type ErrorCode =
  | 'PLB_PACK_SYNTAX'
  | 'PLB_PACK_SCHEMA'
  | 'PLB_PACK_RULE'
  | 'PLB_BENCHMARK_UNKNOWN'
  | 'PLB_VERSION_INVALID'
  | 'PLB_CONFIG_INVALID'
  | 'PLB_MANIFEST_SYNTAX'
  | 'PLB_CLUSTER_UNREACHABLE'
  | 'PLB_HOST_ROOT'
  | 'PLB_STREAM_MALFORMED'
  | 'PLB_STREAM_TOO_LARGE'
  | 'PLB_STREAM_GAP'
  | 'PLB_STREAM_REPLAY'
  | 'PLB_STREAM_DIGEST'
  | 'PLB_STREAM_UNKNOWN_FACT'
  | 'PLB_STREAM_IDENTITY'
  | 'PLB_STREAM_FENCED'
  | 'PLB_STREAM_RATE'
  | 'PLB_STREAM_QUOTA'
  | 'PLB_STORE_CORRUPT'
  | 'PLB_STORE_SCHEMA'
  | 'PLB_STORE_WRITE'
  | 'PLB_STORE_BUSY'
  | 'PLB_EXPORT_WRITE'
  | 'PLB_REQUEST_INVALID'
  | 'PLB_NOT_FOUND'
  | 'PLB_CONFLICT'
  | 'PLB_EVENTS_FULL'
  | 'PLB_REJUDGE_BUSY'
  | 'PLB_UNAUTHORIZED'
  | 'PLB_FORBIDDEN'
  | 'PLB_NOT_JUDGED'
  | 'PLB_INTERNAL';

/** An operational error: a stable code and one sentence that says what to do. */
export class PlumblineError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlumblineError';
    this.code = code;
  }
}
