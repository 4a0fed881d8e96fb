import { listed, PlumblineError, type SectionedSummary, Severity } from '@plumbline/core';
import { compareServed } from '../compare/served.ts';
import { asked, isObject, noAggregator, type Place } from '../server/place.ts';
import { type ServedScan, scanName, scanOf } from '../server/scan.ts';
import type { GateControl, Judged, Marks } from './gate.ts';
import { regressOf } from './regress.ts';

/** What of an aggregator is judged: a scan, or what it knows now. */
export interface Wanted extends Pick<Marks, 'failOn' | 'adjusted' | 'allowPartial'> {
  readonly scan: string | undefined;
  /** Nothing may be worse than in this scan. */
  readonly since: string | undefined;
  /** Hours after which a scan says nothing about today. */
  readonly maxAge: number;
}

interface Moment {
  readonly name: string;
  readonly at: string;
  readonly summary: SectionedSummary;
  readonly nodes: number;
  readonly gaps: readonly string[];
}

/** Asks for everything that the gate needs, all of one instant. Throws coded errors where it cannot be had. */
export async function judgedServed(place: Place, wanted: Wanted): Promise<Judged> {
  const moment = wanted.scan === undefined ? await momentNow(place) : await momentOfScan(place, wanted.scan, wanted);
  const { at } = moment;
  if (wanted.adjusted && !isObject(moment.summary.adjusted)) throw unable('This aggregator counts no waivers.');
  const controls = wanted.failOn === undefined ? [] : await controlsAt(place, at, wanted.adjusted);
  const { since } = wanted;
  if (since === undefined) return { ...moment, controls, regress: undefined };
  const { name, from } = await sinceScan(place, since, wanted);
  const parameters = { from, to: at, delta: 'regressed,new,incomparable' };
  const { changes } = await compareServed({ ...place, parameters });
  return { ...moment, controls, regress: regressOf(`scan ${name}`, changes) };
}

async function momentNow(place: Place): Promise<Moment> {
  const { cluster, at, summary, nodes, gaps } = await asked(place, { path: 'summary' });
  if (typeof at !== 'string' || !isSummary(summary) || !isObject(nodes) || !Array.isArray(gaps))
    throw noAggregator(place.url, 200);
  const named = gaps.filter(isObject).map(({ name, reason }) => `${name} (${reason})`);
  return {
    name: [cluster, 'now', at].filter(Boolean).join(' · '),
    ...{ at, summary, nodes: Number(nodes['total']) },
    gaps: gaps.length === 0 ? [] : [`Cannot be told: ${listed(shortened(named))}.`],
  };
}

async function momentOfScan(place: Place, reference: string, { maxAge }: Wanted): Promise<Moment> {
  const { scan, now } = await scanOf(place, reference);
  const { at, summary } = ended(scan);
  const hours = (Date.parse(now) - Date.parse(at)) / 3_600_000;
  if (!(hours <= maxAge))
    throw unable(`Scan ${scanName(scan)} is of ${at}, more than ${maxAge} hours ago; take another or give --max-age.`);
  return { name: `scan ${scanName(scan)} · ${at}`, at, summary, nodes: scan.nodes?.total ?? 0, gaps: gapsOf(scan) };
}

async function sinceScan(place: Place, reference: string, { allowPartial }: Wanted) {
  const { scan } = await scanOf(place, reference);
  ended(scan);
  if (scan.state === 'partial' && !allowPartial)
    throw unable(`Scan ${scanName(scan)} is partial: ${scan.message} Give --allow-partial to compare with it.`);
  return { name: scanName(scan), from: `scan:${scan.id}` };
}

function ended(scan: ServedScan): { readonly at: string; readonly summary: SectionedSummary } {
  const { at, summary, state, message } = scan;
  if (state === 'running') throw unable(`Scan ${scanName(scan)} still runs.`);
  if (at !== null && isSummary(summary) && state !== 'failed') return { at, summary };
  throw unable(`Scan ${scanName(scan)} failed: ${message}`);
}

function gapsOf({ state, message }: ServedScan): readonly string[] {
  return state === 'partial' ? [message ?? 'It has gaps.'] : [];
}

/** Every control of the documents that are in use, rolled up. */
async function controlsAt(place: Place, at: string, adjusted: boolean): Promise<readonly GateControl[]> {
  const { documents } = await asked(place, { path: 'summary', parameters: { at } });
  if (!Array.isArray(documents)) throw noAggregator(place.url, 200);
  const found: GateControl[] = [];
  for (const one of documents) {
    const { document } = await asked(place, { path: `benchmarks/${one.benchmark}`, parameters: { at } });
    if (!isObject(document) || !Array.isArray(document['controls'])) throw noAggregator(place.url, 200);
    for (const control of document['controls']) found.push(controlOf(control, adjusted));
  }
  return found;
}

function controlOf(one: Readonly<Record<string, unknown>>, adjusted: boolean): GateControl {
  const status = adjusted ? one['adjusted'] : one['status'];
  if (adjusted && status === undefined) throw unable('This aggregator counts no waivers control by control.');
  const severity = Severity.anyOf.find(({ const: name }) => name === one['severity'])?.const ?? 'critical';
  return { number: String(one['number']), title: String(one['title']), severity, status: String(status) };
}

function isSummary(value: unknown): value is SectionedSummary {
  const names = ['total', 'pass', 'fail', 'warn', 'error', 'notApplicable'];
  return isObject(value) && names.every((name) => Number.isSafeInteger(value[name])) && isObject(value['sections']);
}

const mostNames = 10;

function shortened(names: readonly string[]): readonly string[] {
  const rest = names.length - mostNames;
  return rest > 0 ? [...names.slice(0, mostNames), `${rest} more`] : names;
}

function unable(message: string): PlumblineError {
  return new PlumblineError('PLB_NOT_JUDGED', message);
}
