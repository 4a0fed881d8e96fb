import { adjustedRatiosOf, isAdjusted, type Ratio, ratiosOf, type Summary } from '@plumbline/core';
import Table from 'cli-table3';
import type { AuditReport } from '../audit/report.ts';
import type { Paint } from '../text/paint.ts';

/** One row of counts with a name. */
export interface CountRow {
  readonly name: string;
  readonly summary: Summary;
}

/** Counts per row with score and coverage, each with its denominator. */
export function countTable(rows: readonly CountRow[], paint: Paint, heading = ''): readonly string[] {
  const head = [heading, 'pass', 'fail', 'warn', 'error', 'n/a', 'score', 'coverage'];
  const table = new Table({
    head: head.map((one) => paint('bold', one)),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
    chars: bare,
  });
  for (const { name, summary } of rows) {
    const { pass, fail, warn, error, notApplicable } = summary;
    const { score, coverage } = ratiosOf(summary);
    table.push([
      name,
      pass > 0 ? paint('green', String(pass)) : '0',
      fail > 0 ? paint('red', String(fail)) : '0',
      warn > 0 ? paint('yellow', String(warn)) : '0',
      error > 0 ? paint('magenta', String(error)) : '0',
      String(notApplicable),
      ratio(score),
      ratio(coverage),
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** `80.2 % (61/76)`; a dash where nothing was judged. */
function ratio({ text, part, whole }: Ratio): string {
  return whole === 0 ? text : `${text} (${part}/${whole})`;
}

/** The summary of a report by section and as a whole, with what the ratios mean. */
export function summaryLines(report: AuditReport, paint: Paint): readonly string[] {
  const { sections, ...whole } = report.summary;
  const rows = Object.entries(sections).map(([section, summary]) => ({ name: `Section ${section}`, summary }));
  return [
    ...countTable([...rows, { name: `All ${whole.total} controls`, summary: whole }], paint),
    paint('dim', 'score = pass / (pass + fail + error)   coverage = (pass + fail) / (all but n/a)'),
    ...adjustedLines(whole, report.decisions !== undefined),
  ];
}

/** What waivers and attestations make of the numbers, beside them; nothing where there are none. */
export function adjustedLines(summary: Summary, anyway = false): readonly string[] {
  if (!anyway && !isAdjusted(summary)) return [];
  const { score, coverage } = adjustedRatiosOf(summary);
  const { waived, attested, adjusted } = summary;
  const counts = [
    `${waived} waived`,
    `${attested} attested`,
    `${adjusted.pass} pass`,
    `${adjusted.fail} fail`,
    `${adjusted.warn} warn`,
    `${adjusted.error} error`,
  ];
  return [`With waivers: score ${ratio(score)}, coverage ${ratio(coverage)}: ${counts.join(', ')}`];
}

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};
