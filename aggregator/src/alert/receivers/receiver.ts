import type { Static, TSchema } from 'typebox';
import type { Outcome } from '../delivery/outcome.ts';
import type { AlertMessage } from '../message.ts';

/** One message to bring. */
export interface Errand {
  readonly message: AlertMessage;
  /** The same for every try of this message: a receiver may know by it what it has already. */
  readonly key: string;
  readonly now: number;
  /** Aborts when the program ends. */
  readonly signal: AbortSignal;
}

/** Somewhere that alerts are told. Nothing here throws for what the other side does. */
export interface Receiver {
  readonly name: string;
  readonly kind: string;
  deliver(errand: Errand): Promise<Outcome>;
  /** Tells again what fires, for receivers that forget what they are not told. */
  readonly refresh?: {
    readonly everyMs: number;
    tell(messages: readonly AlertMessage[], now: number, signal: AbortSignal): Promise<Outcome>;
  };
}

/** One kind of receiver: the shape of its entry in the alerts file, and what it does. Files are read at every delivery. */
export interface ReceiverKind<S extends TSchema = TSchema> {
  readonly schema: S;
  /** Has `url` and `urlFile`, of which one must be given. */
  readonly needsUrl: boolean;
  make(spec: Static<S> & { readonly name: string }): Receiver;
}
