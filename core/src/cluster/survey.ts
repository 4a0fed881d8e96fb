import type { TSchema } from 'typebox';
import type { Evidence } from '../check/truth.ts';
import type { Control, Status } from '../control.ts';
import type { Json } from '../json.ts';
import type { Pack } from '../pack/pack.ts';
import type { Minor } from '../version.ts';
import type { ClusterView } from './cluster-view.ts';

/** The verdict on one subject of a survey. Subjects: see `core/src/cluster/subject.ts`. */
export interface Judged {
  readonly subject: string;
  readonly status: Status;
  readonly reason: string;
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** ISO time at which the verdict changes by itself. */
  readonly validUntil?: string;
}

/** What a survey rests on besides its operands. `now` is an ISO time. */
export interface ClusterContext {
  readonly pack: Pack;
  readonly view: ClusterView;
  readonly control: Control;
  readonly minor: Minor | undefined;
  /** Version of the API server as it is known: `v1.34.4`. */
  readonly version: string | undefined;
  readonly now: string;
  /** Is this a namespace of the system: judged, and marked. */
  readonly isSystem: (namespace: string) => boolean;
  /** Is this namespace left out of everything. */
  readonly isExcluded: (namespace: string) => boolean;
  /** What `compute` gives, computed once while none of these resources changes. */
  readonly shared: <T>(key: string, resources: readonly string[], compute: () => T) => T;
}

/** Operands of a survey as its control states them, parameters of the document put in. */
export type Operands = Readonly<Record<string, Json>>;

/**
 * A named way to judge API objects. `needs`: resources whose denial, staleness or absence of a first list makes the control an error;
 * a change of one of them has it judged again. `facts`: also judged again when facts of nodes change.
 */
export interface Survey {
  readonly schema: TSchema;
  /** Where the operands hold expressions of CEL, and the names each may use. */
  readonly expressions?: (operands: Operands) => readonly {
    readonly path: readonly (string | number)[];
    readonly text: string;
    readonly variables: readonly string[];
  }[];
  /** Judged once, or once for each namespace that is not excluded (the subject is then `namespace/NAME`). */
  readonly each: 'cluster' | 'namespace';
  readonly needs: (operands: Operands) => readonly string[];
  readonly facts: boolean;
  readonly judge: (context: ClusterContext, operands: Operands, namespace: string) => readonly Judged[];
}
