import { type Evidence, type Finding, partsOf, type Status } from '@plumbline/core';
import type { Intern } from './intern.ts';

/** Statuses by their number in the database; never reorder. */
export const statusNumbers: readonly Status[] = ['pass', 'fail', 'warn', 'error', 'not-applicable'];

/** What a verdict says, as ids of texts and values. `kind` and `namespace` only of subjects of the cluster. */
export interface VerdictContent {
  readonly status: number;
  readonly reason: number;
  readonly message: number;
  readonly evidence: number;
  readonly valid_until: number | null;
}

/** A verdict in its place. */
export interface VerdictRow extends VerdictContent {
  readonly line: number;
  readonly subject: number;
  readonly kind: number | null;
  readonly namespace: number | null;
}

/** Makes rows of findings. Evidence that several findings share is written down once; `forget` after a rollback. */
export interface RowMaker {
  of(finding: Finding, line: number, ofCluster: boolean): VerdictRow;
  forget(): void;
}

/** The row maker of one writing connection. */
export function rowMaker(intern: Intern): RowMaker {
  let shared = new WeakMap<readonly Evidence[], number>();
  const evidenceId = (evidence: readonly Evidence[]) => {
    const before = shared.get(evidence);
    if (before !== undefined) return before;
    const id = intern.value(JSON.stringify(evidence.map(timeless)));
    shared.set(evidence, id);
    return id;
  };
  return {
    of(finding, line, ofCluster) {
      const parts = ofCluster ? partsOf(finding.subject) : { kind: '', namespace: '' };
      return {
        line,
        subject: intern.text(finding.subject),
        kind: parts.kind === '' ? null : intern.text(parts.kind),
        namespace: parts.namespace === '' ? null : intern.text(parts.namespace),
        status: statusNumbers.indexOf(finding.status),
        reason: intern.text(finding.reason),
        message: intern.text(finding.message),
        evidence: evidenceId(finding.evidence),
        valid_until: finding.validUntil === undefined ? null : Date.parse(finding.validUntil),
      };
    },
    forget() {
      shared = new WeakMap();
    },
  };
}

/** When a thing was observed stands with the fact; without it nodes that are alike share their evidence. */
function timeless(one: Evidence): Omit<Evidence, 'observedAt'> {
  if (one.observedAt === undefined) return one;
  const { observedAt: _, ...evidence } = one;
  return evidence;
}

/** Do two verdicts say the same? */
export function equalRows(a: VerdictContent, b: VerdictContent): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.evidence === b.evidence &&
    a.valid_until === b.valid_until
  );
}
