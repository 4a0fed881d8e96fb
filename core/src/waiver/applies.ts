import { matchesGlob } from '../cluster/glob.ts';
import { partsOf } from '../cluster/subject.ts';
import type { Finding } from '../judge.ts';
import type { Attestation, Decision, Waiver } from '../waiver.ts';

/** Where a finding was made. `labels`: keys of the Node object, null where nobody knows them; `node` and `cluster` null where there is none. */
export interface FindingPlace {
  readonly cluster: string | null;
  readonly node: string | null;
  readonly labels: readonly string[] | null;
}

/** What of a finding decides whether a decision is about it. */
export type Decidable = Pick<Finding, 'benchmark' | 'control' | 'subject' | 'status'>;

/** What is decided about a finding: a waiver goes before an attestation, as it claims less. */
export type Overlay = 'waived' | 'attested';

/** True until the moment at which it expires (milliseconds). */
export function holds({ expires }: Pick<Decision, 'expires'>, now: number): boolean {
  return now < Date.parse(expires);
}

/** Is the decision about this finding, whatever its status is and whatever the time? */
export function isAbout(
  one: Omit<Decision, 'owner' | 'reason' | 'expires'>,
  finding: Omit<Decidable, 'status'>,
  place: FindingPlace,
): boolean {
  return (
    one.control === finding.control &&
    (one.benchmark === undefined || one.benchmark === finding.benchmark) &&
    fits(one.cluster, place.cluster) &&
    fits(one.node, place.node) &&
    fits(one.subject, finding.subject) &&
    fits(one.namespace, place.node === null ? partsOf(finding.subject).namespace || null : null) &&
    (one.nodeSelector === undefined || selects(one.nodeSelector, place.labels))
  );
}

function fits(glob: string | undefined, name: string | null): boolean {
  return glob === undefined || (name !== null && matchesGlob([glob], name));
}

/** What is not known is selected by nothing, not even by what it should not have. */
function selects(selector: string, labels: readonly string[] | null): boolean {
  if (!labels) return false;
  return termsOf(selector).every((term) =>
    term.startsWith('!') ? !labels.includes(term.slice(1)) : labels.includes(term),
  );
}

/** `pool, !gpu` → `pool`, `!gpu`. */
export function termsOf(selector: string): readonly string[] {
  return selector.split(',').map((term) => term.trim());
}

/** Does a waiver take this finding out of the adjusted counts now? Only a fail or a warn: an error is no decision about a risk. */
export function applies(waiver: Waiver, finding: Decidable, place: FindingPlace, now: number): boolean {
  return isWaivable(finding.status) && holds(waiver, now) && isAbout(waiver, finding, place);
}

/** Does an attestation decide this finding now? Only a warn waits for a person. */
export function attests(attestation: Attestation, finding: Decidable, place: FindingPlace, now: number): boolean {
  return finding.status === 'warn' && holds(attestation, now) && isAbout(attestation, finding, place);
}

/** A fail or a warn can be waived. */
export function isWaivable(status: Finding['status']): boolean {
  return status === 'fail' || status === 'warn';
}

/** Decisions about one finding: the waiver that covers it, the first in order; an attestation only where no waiver does. */
export interface Covered {
  readonly waiver: Waiver | null;
  readonly attestation: Attestation | null;
}

/** Waivers and attestations that are at hand, in the order in which they count. */
export interface Decisions {
  readonly waivers: readonly Waiver[];
  readonly attestations: readonly Attestation[];
}

/** What is decided about a finding now. */
export function coveredBy(
  { waivers, attestations }: Decisions,
  finding: Decidable,
  place: FindingPlace,
  now: number,
): Covered {
  const waiver = waivers.find((one) => applies(one, finding, place, now)) ?? null;
  const confirmed = waiver ? undefined : attestations.find((one) => attests(one, finding, place, now));
  return { waiver, attestation: confirmed ?? null };
}

/** The overlay of what was decided. */
export function overlayOf({ waiver, attestation }: Covered): Overlay | undefined {
  if (waiver) return 'waived';
  return attestation ? 'attested' : undefined;
}
