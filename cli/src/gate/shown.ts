import { create } from 'xmlbuilder2';
import type { Sheet } from '../formats/format.ts';
import { escapeText, printableJson } from '../text/escape.ts';
import type { Style } from '../text/paint.ts';
import { wrap } from '../text/wrap.ts';
import type { Check, Gate, Marks, Outcome } from './gate.ts';

/** A gate, what was judged, and the code that tells CI. */
export interface ShownGate extends Gate {
  readonly name: string;
  readonly marks: Marks;
  readonly exitCode: number;
}

/** Every format by its name on the command line. */
export const gateFormats = { table, json, junit } satisfies Record<string, (gate: ShownGate, sheet: Sheet) => string>;

export type GateFormat = keyof typeof gateFormats;

export const gateFormatNames = Object.keys(gateFormats) as readonly GateFormat[];

const styles: Readonly<Record<Outcome, Style>> = { reached: 'green', missed: 'red', unjudged: 'magenta' };
const headings: Readonly<Record<Outcome, string>> = {
  reached: 'GATE REACHED',
  missed: 'GATE NOT REACHED',
  unjudged: 'GATE COULD NOT BE JUDGED',
};
const mostDetails = 20;
const indent = 10;

function table({ outcome, name, checks, marks }: ShownGate, { width, paint }: Sheet): string {
  const lines = [
    paint(['bold', styles[outcome]], headings[outcome]),
    ...wrap(escapeText(name), width),
    ...(marks.adjusted ? ['Counted with waivers and attestations.'] : []),
    '',
    ...checks.flatMap((one) => checkLines(one, width).map((line, at) => (at === 0 ? painted(line, one) : line))),
  ];
  return `${lines.join('\n')}\n`;

  function painted(line: string, { outcome: own }: Check): string {
    return paint(styles[own], line.slice(0, indent)) + line.slice(indent);
  }
}

function checkLines({ outcome, text, details }: Check, width: number): readonly string[] {
  const rest = details.length - mostDetails;
  const shown = [...details.slice(0, mostDetails), ...(rest > 0 ? [`and ${rest} more`] : [])];
  const [first = '', ...more] = wrap(escapeText(text), width - indent);
  const inner = (line: string) => ' '.repeat(indent) + line;
  return [
    outcome.padEnd(indent) + first,
    ...more.map(inner),
    ...shown.flatMap((one) => wrap(escapeText(one), width - indent - 2).map((line) => inner(`  ${line}`))),
  ];
}

function json({ outcome, exitCode, name, marks, ratios, checks }: ShownGate): string {
  const { adjusted, minScore = null, minCoverage = null, failOn = null } = marks;
  const ratio = (which: 'score' | 'coverage', least: number | null) =>
    ratios && { part: ratios[which].part, whole: ratios[which].whole, text: ratios[which].text, least };
  return `${printableJson({
    ...{ outcome, exitCode, judged: name, adjusted, failOn },
    ...{ score: ratio('score', minScore) ?? null, coverage: ratio('coverage', minCoverage) ?? null },
    checks,
  })}\n`;
}

/** One case a condition: what is missed is a failure, what nobody can say an error. */
function junit({ name, checks }: ShownGate): string {
  const count = (outcome: Outcome) => checks.filter((one) => one.outcome === outcome).length;
  const counts = { tests: checks.length, failures: count('missed'), errors: count('unjudged'), skipped: 0, time: '0' };
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', { name: 'plumbline gate', ...counts });
  const suite = root.ele('testsuite', { name: escapeText(name), ...counts });
  for (const one of checks) {
    const element = suite.ele('testcase', { name: one.name, classname: 'gate', time: '0' });
    const text = [one.text, ...one.details].map(escapeText).join('\n');
    if (one.outcome === 'reached') element.ele('system-out').txt(text);
    else
      element
        .ele(one.outcome === 'missed' ? 'failure' : 'error', { message: escapeText(one.text), type: one.name })
        .txt(text);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}
