/** How one try to deliver ended. */
export type Outcome =
  | { readonly delivered: true /** What a reader should know all the same. */; readonly remark?: string }
  | FailedDelivery;

/** Why a try failed. `error` is one line without secrets. */
export interface FailedDelivery {
  readonly delivered: false;
  readonly error: string;
  /** There is no use in trying the same again. */
  readonly permanent: boolean;
  /** The receiver may have taken it all the same. */
  readonly reached: boolean;
  /** Milliseconds that the receiver asked to wait. */
  readonly retryAfterMs?: number;
}

/** A failure before anything was sent that another try may not have. */
export function unreached(error: string): FailedDelivery {
  return { delivered: false, error, permanent: false, reached: false };
}
