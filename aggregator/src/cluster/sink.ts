import type { JsonObject } from '@plumbline/core';
import type { WatchEvent } from './event.ts';

/** Takes the objects of a resource one by one, as the API gives them. */
export interface Taker {
  /** `print` recognizes the text that the object was read from, where `read` gave one. */
  put(object: JsonObject, print?: number): void;
  drop(object: JsonObject): void;
}

/** A content in the making: the old one stays until this one is complete. */
export interface Draft extends Taker {
  commit(): void;
}

/** Where the objects of one watch go. */
export interface Sink extends Taker {
  /** Reads an event where there is a cheaper way than parsing all of it. `fresh`: it goes into a draft, so nothing is known yet. */
  read?(line: string, fresh: boolean): WatchEvent;
  begin(): Draft;
  /** The resource is not served any more. */
  clear(): void;
}
