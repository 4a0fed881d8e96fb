import { isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import type { KubeClient, KubeRequest, KubeResponse } from './kube-client.ts';
import { linesOf } from './lines.ts';
import { refusalOf, WatchProblem } from './watch-problem.ts';

type Asked = Omit<KubeRequest, 'signal' | 'body'>;

const pageSize = '500';
const listMs = 60_000;

/** Lists page by page and returns the position from which a watch goes on. Throws WatchProblem for what is refused. */
export async function listPages(
  client: KubeClient,
  asked: Asked,
  signal: AbortSignal,
  put: (object: JsonObject) => void,
): Promise<string> {
  let next = '';
  for (;;) {
    const query = { ...asked.query, limit: pageSize, ...(next === '' ? {} : { continue: next }) };
    const { items, metadata } = await readPage(client, { ...asked, query }, signal);
    for (const item of items) put(item);
    next = String(metadata['continue'] ?? '');
    if (next === '') return String(metadata['resourceVersion'] ?? '');
  }
}

async function readPage(client: KubeClient, asked: Asked, signal: AbortSignal) {
  const within = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
  const answer = await client.ask({ ...asked, signal: within });
  if (answer.status !== 200) throw await refusalOf(answer, asked.path, false);
  const body = (await answer.json()) as Json;
  const { items, metadata } = isJsonObject(body) ? body : {};
  return {
    items: Array.isArray(items) ? items.filter(isJsonObject) : [],
    metadata: isJsonObject(metadata) ? metadata : {},
  };
}

/** The answer of a watch, then its lines. */
export type StreamItem =
  | { readonly kind: 'answer'; readonly answer: KubeResponse }
  | { readonly kind: 'line'; readonly text: string };

/** What ends a watch: the caller, `seconds` (and a moment) after it began, or `silence()` milliseconds without a byte. */
export interface StreamLimits {
  readonly signal: AbortSignal;
  readonly seconds: number;
  readonly silence: () => number;
}

/** A watch as it comes. Throws WatchProblem `silent` when nothing came for too long: a peer that vanished says nothing. */
export async function* watchStream(
  client: KubeClient,
  asked: Asked,
  { signal, seconds, silence }: StreamLimits,
): AsyncGenerator<StreamItem> {
  const quiet = deadline(silence);
  const within = AbortSignal.any([signal, quiet.signal, AbortSignal.timeout((seconds + 30) * 1000)]);
  try {
    const answer = await client.ask({ ...asked, signal: within });
    yield { kind: 'answer', answer };
    for await (const text of linesOf(heard(answer.body, quiet))) if (text !== '') yield { kind: 'line', text };
  } catch (error) {
    if (!quiet.signal.aborted) throw error;
    throw new WatchProblem('silent', `nothing came for ${silence() / 1000} s`);
  } finally {
    quiet.lift();
  }
}

/** Aborts after a time that is asked anew whenever it is put off. */
interface Deadline {
  readonly signal: AbortSignal;
  putOff(): void;
  lift(): void;
}

function deadline(ms: () => number): Deadline {
  const ending = new AbortController();
  const begin = () => setTimeout(() => ending.abort(), ms());
  let timer = begin();
  return {
    signal: ending.signal,
    putOff() {
      clearTimeout(timer);
      timer = begin();
    },
    lift: () => clearTimeout(timer),
  };
}

/** The same bytes; each puts the deadline off, and so does having taken them: an initial state may be complete then. */
async function* heard(body: AsyncIterable<Buffer>, quiet: Deadline): AsyncGenerator<Buffer> {
  quiet.putOff();
  for await (const chunk of body) {
    yield chunk;
    quiet.putOff();
  }
}
