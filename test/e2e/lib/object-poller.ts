/**
 * Changes objects of the cluster and watches the verdicts follow, inside the cluster's network namespace, where the tests themselves are
 * not: one JSON request a line on standard input, one answer a line on standard output. `node object-poller.ts REST_BASE`, with KUBECONFIG.
 */
import { createInterface } from 'node:readline';
import { type KubeObject, kubeWriter } from './kube-writer.ts';

/** Findings of the cluster by `control subject`: `status reason`, or `gone`. */
export type Verdicts = Readonly<Record<string, string>>;

/** `baseline` remembers what the verdicts are once they have not changed for a second. `until` is how they have to differ from that, exactly, after the writes. */
export interface Ask {
  readonly baseline?: string;
  readonly remove?: readonly KubeObject[];
  readonly apply?: readonly KubeObject[];
  readonly until?: Verdicts;
  /** Which baseline; the last one that was taken when absent. */
  readonly from?: string;
  readonly within?: number;
}

/** `ms`: from just before the first write was sent; `writeMs`: how much of it the writes took. `refused`: what the API server says. */
export interface Answer {
  readonly verdicts: Verdicts;
  readonly changes: Verdicts;
  readonly met: boolean;
  readonly ms: number;
  readonly writeMs: number;
  readonly refused: string;
}

/** A change that is seen stays; what else follows from it follows within this time. */
const quietMs = 300;

const base = process.argv[2] ?? '';
const writer = kubeWriter(process.env['KUBECONFIG'] ?? '');
const baselines = new Map<string, Verdicts>();
let last = '';

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line) as Ask)));
  }
}

async function answer(ask: Ask): Promise<Answer> {
  const began = performance.now();
  const refusals: string[] = [];
  for (const one of ask.remove ?? []) refusals.push(await writer.remove(one));
  for (const one of ask.apply ?? []) refusals.push(await writer.apply(one));
  const refused = refusals.filter((one) => one !== '').join('; ');
  const writeMs = performance.now() - began;
  if (ask.baseline !== undefined) {
    last = ask.baseline;
    baselines.set(last, await settled());
  }
  const before = baselines.get(ask.from ?? last) ?? {};
  const deadline = began + (ask.within ?? 5000);
  for (;;) {
    const seen = await look(before, ask.until, began);
    if (seen.met) {
      await pause(quietMs);
      const again = await look(before, ask.until, began);
      if (again.met) return { ...again, ms: seen.ms, writeMs, refused };
    }
    if (performance.now() > deadline) return { ...seen, met: false, writeMs, refused };
    await pause(20);
  }
}

async function settled(): Promise<Verdicts> {
  for (let before = await verdicts(); ; ) {
    await pause(1000);
    const now = await verdicts();
    if (equal(before, now)) return now;
    before = now;
  }
}

async function look(before: Verdicts, until: Verdicts | undefined, began: number) {
  const now = await verdicts();
  const ms = performance.now() - began;
  const changes = difference(before, now);
  return { verdicts: now, changes, ms, met: until === undefined || equal(changes, until) };
}

function difference(before: Verdicts, now: Verdicts): Verdicts {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(now)) if (before[key] !== value) out[key] = value;
  for (const key of Object.keys(before)) if (!(key in now)) out[key] = 'gone';
  return out;
}

function equal(a: Verdicts, b: Verdicts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

interface Page {
  readonly findings: readonly Readonly<Record<'control' | 'subject' | 'status' | 'reason', string>>[];
  readonly nextCursor: string | null;
}

/** Every finding of sections 3 and 5. */
async function verdicts(): Promise<Verdicts> {
  const out: Record<string, string> = {};
  for (const section of ['3', '5']) {
    let cursor = '';
    do {
      const page = (await (
        await fetch(`${base}/api/v1/findings?node=cluster&section=${section}&limit=500${cursor}`)
      ).json()) as Page;
      for (const one of page.findings) out[`${one.control} ${one.subject}`] = `${one.status} ${one.reason}`;
      cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (cursor !== '');
  }
  return out;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
