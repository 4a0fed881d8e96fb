import { readFileSync } from 'node:fs';
import {
  coveredBy,
  type Decisions,
  type Finding,
  type FindingPlace,
  isAbout,
  isWaivable,
  overlayOf,
  type Pack,
  PlumblineError,
  readDecisions,
  stateOf,
  summaryOf,
} from '@plumbline/core';
import type { Audit } from './judge.ts';
import { type AuditReport, controlsOf, type ReportDecision } from './report.ts';

/** The waivers and attestations of a file. Throws PLB_CONFIG_INVALID, with file and line of what is wrong in it. */
export function decisionsIn(file: string, pack: Pack, now: Date): Decisions {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} cannot be read (${code}); give another --waivers.`, {
      cause: error,
    });
  }
  return readDecisions(file, text, pack, now.getTime());
}

/** The audit with what is decided about its findings: no verdict and no raw number changes. Pure. */
export function withDecisions({ findings, report }: Audit, decisions: Decisions, now: Date): Audit {
  const time = now.getTime();
  const places = report.findings.map((one) => placeOf(report, one.system !== undefined));
  const placed = findings.flatMap((finding, index) => {
    const place = places[index];
    return place ? [{ finding, place, covered: coveredBy(decisions, finding, place, time) }] : [];
  });
  const overlaid = placed.map(({ finding, covered }) => {
    const overlay = overlayOf(covered);
    return overlay === undefined ? finding : { ...finding, overlay };
  });
  return {
    findings: overlaid,
    report: {
      ...report,
      summary: summaryOf(overlaid),
      controls: controlsOf(overlaid),
      decisions: standings(decisions, placed, time),
      findings: report.findings.map((one, index) => {
        const { waiver, attestation } = placed[index]?.covered ?? {};
        return { ...one, ...(waiver ? { waiver } : {}), ...(attestation ? { attestation } : {}) };
      }),
    },
  };
}

/** Labels of nodes are in no report, so that nothing is selected by them. */
function placeOf({ cluster, node }: AuditReport, inCluster: boolean): FindingPlace {
  return { cluster: cluster ?? null, node: inCluster ? null : node, labels: null };
}

interface Placed {
  readonly finding: Finding;
  readonly place: FindingPlace;
  readonly covered: ReturnType<typeof coveredBy>;
}

/** One look is all there is: what it does not show is unused in it. */
function standings({ waivers, attestations }: Decisions, placed: readonly Placed[], now: number) {
  const stand = (
    type: ReportDecision['type'],
    one: Decisions['waivers'][number] | Decisions['attestations'][number],
  ) => {
    const about = placed.filter(({ finding, place }) => isAbout(one, finding, place));
    const open = about.filter(({ finding: { status } }) =>
      type === 'waiver' ? isWaivable(status) : status === 'warn',
    ).length;
    const covers = placed.filter(({ covered }) => covered[type] === one).length;
    const met = { expires: Date.parse(one.expires), open, covers, any: about.length > 0, lastMatchedAt: 0 };
    const { state, why } = stateOf(met, now);
    const stateReason = state === 'unused' ? 'Nothing in this report is what it is about.' : why;
    return { ...one, type, state, stateReason, covers };
  };
  return [...waivers.map((one) => stand('waiver', one)), ...attestations.map((one) => stand('attestation', one))];
}
