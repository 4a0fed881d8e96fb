import { compareNumbers, sectionOf } from './benchmark.ts';
import { type Change, type Delta, deltas, type PlacedFinding, type Sides } from './compare/change.ts';
import { changeOf, turned, waived } from './compare/delta.ts';
import { pairsOf } from './compare/pairs.ts';
import type { Severity, Status } from './control.ts';
import {
  type AdjustedStatus,
  type Counted,
  rollUpCounted,
  type SectionedSummary,
  type Summary,
  summaryOfCounted,
} from './report.ts';

/** How many findings had which delta. */
export type DeltaCounts = Readonly<Record<Delta, number>>;

/** How a control stood on one side, over all its subjects, with its numbers in the documents that were used. */
export interface ControlSide {
  readonly numbers: readonly { readonly benchmark: string; readonly number: string }[];
  readonly status: Status;
  readonly counts: Readonly<Record<Status, number>>;
  /** With waivers and attestations. */
  readonly adjusted: AdjustedStatus;
}

/** One control on both sides. `delta` is of the rolled-up status, null where that is the same; `deltas` counts its findings. */
export interface ComparedControl {
  readonly control: string;
  readonly title: string;
  readonly severity: Severity;
  readonly section: string;
  readonly before: ControlSide | null;
  readonly after: ControlSide | null;
  readonly delta: Delta | null;
  readonly deltas: DeltaCounts;
}

/** One section on both sides. */
export interface ComparedSection {
  readonly section: string;
  readonly before: Summary | null;
  readonly after: Summary | null;
  readonly deltas: DeltaCounts;
}

/** Two sides beside each other. `unchanged` and `deltas` count findings; `controls` are those with a change. */
export interface Compared {
  readonly before: SectionedSummary;
  readonly after: SectionedSummary;
  readonly unchanged: number;
  readonly deltas: DeltaCounts;
  readonly sections: readonly ComparedSection[];
  readonly controls: readonly ComparedControl[];
}

/** Everything that differs between two sides: no finding that is the same on both. */
export function changesOf<F extends PlacedFinding>(
  before: Iterable<F>,
  after: Iterable<F>,
  sides: Sides = {},
): readonly Change<F>[] {
  return pairsOf(before, after, sides).flatMap((pair) => changeOf(pair, sides) ?? []);
}

/** Compares two sides of which every finding is at hand. Swapping them mirrors the answer; a side compared with itself changes nothing. */
export function compareFindings<F extends PlacedFinding>(
  before: readonly F[],
  after: readonly F[],
  sides: Sides = {},
): Compared & { readonly changes: readonly Change<F>[] } {
  const changes = changesOf(before, after, sides);
  return { ...compareCounted(before.map(once), after.map(once), changes), changes };
}

/** The same of sides that were counted, and of what differs between them. */
export function compareCounted(
  before: readonly Counted[],
  after: readonly Counted[],
  changes: readonly Change[],
): Compared {
  const total = before.reduce((sum, one) => sum + one.count, 0);
  const controls = controlsOf(before, after, changes);
  const [left, right] = [summaryOfCounted(before), summaryOfCounted(after)];
  const sections = [...new Set([...Object.keys(left.sections), ...Object.keys(right.sections)])].sort();
  return {
    before: left,
    after: right,
    unchanged: total - changes.filter((one) => one.before).length,
    deltas: counted(changes),
    sections: sections.map((section) => ({
      section,
      before: left.sections[section] ?? null,
      after: right.sections[section] ?? null,
      deltas: summed(controls.filter((one) => one.section === section).map((one) => one.deltas)),
    })),
    controls,
  };
}

function controlsOf(
  before: readonly Counted[],
  after: readonly Counted[],
  changes: readonly Change[],
): readonly ComparedControl[] {
  const [left, right] = [sidesOf(before), sidesOf(after)];
  const byControl = Map.groupBy(changes, (one) => one.control);
  const compared = [...byControl].flatMap(([control, own]) => {
    const [one, other] = [left.get(control), right.get(control)];
    const shown = other ?? one;
    if (!shown) return [];
    const { title, severity } = shown;
    const section = String([(one ?? shown).section, shown.section].sort()[0]);
    const sides = { before: one?.side ?? null, after: other?.side ?? null };
    return [{ control, title, severity, section, ...sides, delta: rolledDelta(sides, own), deltas: counted(own) }];
  });
  return compared.sort((a, b) => compareNumbers(firstNumber(a), firstNumber(b)));
}

function firstNumber({ before, after }: Pick<ComparedControl, 'before' | 'after'>): string {
  return String(
    [before, after].flatMap((side) => side?.numbers.map(({ number }) => number) ?? []).sort(compareNumbers)[0],
  );
}

/** A control turned by its check alone when no change of its findings says otherwise. */
function rolledDelta(
  { before, after }: Pick<ComparedControl, 'before' | 'after'>,
  changes: readonly Change[],
): Delta | null {
  if (!before) return 'new';
  if (!after) return 'gone';
  if (before.status === after.status) return waived(before.adjusted, after.adjusted) ?? null;
  const decisive = changes.filter((one) => one.delta !== 'changed');
  return turned(
    before.status,
    after.status,
    decisive.every((one) => one.delta === 'ruleset-changed'),
  );
}

interface Rolled {
  readonly side: ControlSide;
  readonly section: string;
  readonly title: string;
  readonly severity: Severity;
}

/** Every control rolled up over the documents that hold it. */
function sidesOf(counts: readonly Counted[]): ReadonlyMap<string, Rolled> {
  const groups = Map.groupBy(counts, ({ finding }) => finding.control);
  return new Map([...groups].flatMap(([control, own]) => rolledOf(own).map((rolled) => [control, rolled] as const)));
}

function rolledOf(own: readonly Counted[]): readonly Rolled[] {
  const places = own.map(({ finding: { benchmark, number } }) => ({ benchmark, number }));
  const numbers = [...new Map(places.map((place) => [`${place.benchmark} ${place.number}`, place])).values()];
  const asOne = own.map((one) => ({ ...one, finding: { ...one.finding, benchmark: '', number: '' } }));
  return rollUpCounted(asOne).map(({ title, severity, status, counts, adjusted }) => ({
    side: { numbers, status, counts, adjusted },
    section: String(places.map(({ number }) => sectionOf(number)).sort()[0]),
    title,
    severity,
  }));
}

function counted(changes: readonly Change[]): DeltaCounts {
  const counts = zero();
  for (const { delta } of changes) counts[delta]++;
  return counts;
}

function summed(parts: readonly DeltaCounts[]): DeltaCounts {
  const counts = zero();
  for (const part of parts) for (const delta of deltas) counts[delta] += part[delta];
  return counts;
}

function zero(): Record<Delta, number> {
  return Object.fromEntries(deltas.map((delta) => [delta, 0])) as Record<Delta, number>;
}

function once(finding: PlacedFinding): Counted {
  return { finding, count: 1, ...(finding.overlay === undefined ? {} : { overlay: finding.overlay }) };
}
