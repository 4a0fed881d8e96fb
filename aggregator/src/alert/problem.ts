import type { Severity, Status } from '@plumbline/core';
import type { AlertControl, AlertValue } from './message.ts';

/** What is known of a wrong place besides where it is; places that are alike share it. */
export interface Detail {
  readonly control: AlertControl | null;
  readonly severity: Severity;
  readonly before: Status | null;
  readonly after: Status | null;
  readonly values: readonly AlertValue[];
  /** One sentence. */
  readonly says: string;
  /** Digest of the state before, where coming back to it ends the problem. */
  readonly was?: string;
}

/** Something that is wrong in one place, as one rule sees it. */
export interface Problem {
  /** Names the place within its rule. */
  readonly place: string;
  /** Null: the cluster. */
  readonly node: string | null;
  /** '' where the node itself is meant. */
  readonly subject: string;
  readonly detail: Detail;
  /** The same for all that changed alike: they are one alert. */
  readonly change: string;
  /** How long after the last one others still join: several nodes are changed one after the other, several objects at once. */
  readonly joins: 'slowly' | 'at-once';
  /** When it began, and from when on it is worth a message; milliseconds. */
  readonly at: number;
  readonly ripe: number;
  /** Nothing tells when it ends: somebody must look. */
  readonly unseen?: boolean;
}

/** Why a place is not wrong any more. */
export type Ending = 'fixed' | 'gone' | 'moved' | 'settled' | 'node-deleted' | 'told-elsewhere' | 'rule-gone';

/** What an entry of the journal, or a look at how things stand, means for a rule. */
export type Step =
  | { readonly kind: 'raise'; readonly problem: Problem }
  /** The same place is wrong in another way. */
  | { readonly kind: 'move'; readonly place: string; readonly detail: Detail }
  | { readonly kind: 'close'; readonly place: string; readonly why: Ending; readonly at: number }
  /** It is not known any more how the place is: somebody must look later. */
  | { readonly kind: 'lose'; readonly place: string }
  /** Somebody looked, and it is as it was. */
  | { readonly kind: 'see'; readonly place: string };

/** The name of a place. */
export function placeOf(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts);
}
