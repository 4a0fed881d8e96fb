import type { JsonObject } from '@plumbline/core';

/** Takes the objects of a resource one by one, as the API gives them. */
export interface Taker {
  put(object: JsonObject): void;
  drop(object: JsonObject): void;
}

/** A content in the making: the old one stays until this one is complete. */
export interface Draft extends Taker {
  commit(): void;
}

/** Where the objects of one watch go. */
export interface Sink extends Taker {
  begin(): Draft;
  /** The resource is not served any more. */
  clear(): void;
}
