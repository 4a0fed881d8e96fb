import { type ErrorCode, PlumblineError, type SectionedSummary } from '@plumbline/core';
import type { Shown, ShownChange } from './shown.ts';

/** Where to ask, and what: parameters of `GET /api/v1/compare`. */
export interface Question {
  readonly url: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly token: string | undefined;
  readonly stop: AbortSignal;
}

interface Side {
  readonly at: string;
  readonly node: string | null;
  readonly benchmark: string | null;
  readonly summary: SectionedSummary;
}

interface Answer extends Pick<Shown, 'unchanged' | 'deltas' | 'sections'> {
  readonly cluster: string | null;
  readonly before: Side;
  readonly after: Side;
  readonly changes: readonly ShownChange[];
  readonly nextCursor: string | null;
}

const answerWithinMs = 30_000;

/** Asks an aggregator, page after page. Throws its own codes, and PLB_CONFIG_INVALID where none answers. */
export async function compareServed(question: Question): Promise<Shown> {
  const changes: ShownChange[] = [];
  const first = await page(question, undefined);
  let answer = first;
  changes.push(...answer.changes);
  while (answer.nextCursor !== null) {
    answer = await page(question, answer.nextCursor);
    changes.push(...answer.changes);
  }
  const { before, after, cluster, unchanged, deltas, sections } = first;
  const name = ({ at, node, benchmark }: Side) => [cluster, node, benchmark, at].filter(Boolean).join(' · ');
  return {
    ...{ unchanged, deltas, sections, changes },
    names: { before: name(before), after: name(after) },
    notes: [],
    totals: { before: before.summary, after: after.summary },
    json: { ...first, changes, nextCursor: null },
  };
}

async function page({ url, parameters, token, stop }: Question, cursor: string | undefined): Promise<Answer> {
  const address = addressOf(url);
  for (const [name, value] of Object.entries({ ...parameters, limit: '500', cursor })) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  const answer = await ask(address, token, stop);
  const text = await answer.text();
  const body = jsonOf(text);
  if (answer.ok && isAnswer(body)) return body;
  throw problemOf(answer.status, body, url);
}

function addressOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^https?:$/.test(address.protocol))
    throw new PlumblineError('PLB_CONFIG_INVALID', `${url} is no URL; write it like http://127.0.0.1:8080.`);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v1/compare`;
  return address;
}

async function ask(address: URL, token: string | undefined, stop: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, {
      signal: AbortSignal.any([stop, AbortSignal.timeout(answerWithinMs)]),
      // A token is for the server that was named, not for where it points.
      redirect: 'error',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } };
    const why = typeof cause?.code === 'string' ? cause.code : (error as Error).name;
    throw new PlumblineError('PLB_CONFIG_INVALID', `${address.origin} does not answer (${why}); give another --url.`, {
      cause: error,
    });
  }
}

const codes: readonly ErrorCode[] = ['PLB_REQUEST_INVALID', 'PLB_UNAUTHORIZED', 'PLB_NOT_FOUND', 'PLB_INTERNAL'];

function problemOf(status: number, body: unknown, url: string): PlumblineError {
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const known = codes.find((one) => one === code);
  if (known && typeof detail === 'string') return new PlumblineError(known, detail);
  return new PlumblineError(
    'PLB_CONFIG_INVALID',
    `${url} answered ${status} and is no aggregator; give another --url.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(body: unknown): body is Answer {
  return typeof body === 'object' && body !== null && 'changes' in body && 'nextCursor' in body && 'sections' in body;
}
