import { readFileSync } from 'node:fs';
import { type ErrorCode, PlumblineError } from '@plumbline/core';

/** An aggregator that is asked, and the token to send. */
export interface Place {
  readonly url: string;
  readonly token: string | undefined;
  readonly stop: AbortSignal;
}

/** What is asked: a path below `/api/v1/`, with parameters and perhaps something to write. */
export interface Question {
  readonly path: string;
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** Posted as JSON; without, the question only reads. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer is a stream and need not end. */
  readonly endless?: true;
  /** Ends the thing at the path; the answer is then empty. */
  readonly method?: 'DELETE';
}

/** Where an aggregator listens that nobody told otherwise. */
export const usualUrl = 'http://127.0.0.1:8080';

const answerWithinMs = 30_000;

/** The answer as JSON. Throws the aggregator's own codes, and PLB_CONFIG_INVALID where none answers. */
export async function asked(place: Place, question: Question): Promise<Readonly<Record<string, unknown>>> {
  const answer = await sent(place, question);
  const body = answer.status === 204 ? {} : jsonOf(await answer.text());
  if (answer.ok && isObject(body)) return body;
  throw problemOf(answer.status, body, place.url);
}

/** The answer as it comes, for a stream. Throws like `asked`. */
export async function opened(place: Place, question: Question): Promise<Response> {
  const answer = await sent(place, question);
  if (answer.ok) return answer;
  throw problemOf(answer.status, jsonOf(await answer.text()), place.url);
}

/** An aggregator that answered what none does. */
export function noAggregator(url: string, status: number): PlumblineError {
  return new PlumblineError(
    'PLB_CONFIG_INVALID',
    `${url} answered ${status} and is no aggregator; give another --url.`,
  );
}

/** The token of a file; undefined where none is named. Throws PLB_CONFIG_INVALID. */
export function tokenOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} cannot be read (${code}); give another --token-file.`, {
      cause: error,
    });
  }
}

async function sent(
  { url, token, stop }: Place,
  { path, parameters = {}, body, method, headers, endless }: Question,
): Promise<Response> {
  const address = addressOf(url, path);
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) address.searchParams.set(name, value);
  try {
    return await fetch(address, {
      ...(method === undefined ? {} : { method }),
      signal: endless ? stop : AbortSignal.any([stop, AbortSignal.timeout(answerWithinMs)]),
      // A token is for the server that was named, not for where it points.
      redirect: 'error',
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } };
    const why = typeof cause?.code === 'string' ? cause.code : (error as Error).name;
    throw new PlumblineError('PLB_CONFIG_INVALID', `${address.origin} does not answer (${why}); give another --url.`, {
      cause: error,
    });
  }
}

function addressOf(url: string, path: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^https?:$/.test(address.protocol))
    throw new PlumblineError('PLB_CONFIG_INVALID', `${url} is no URL; write it like ${usualUrl}.`);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v1/${path}`;
  return address;
}

const codes: readonly ErrorCode[] = [
  'PLB_REQUEST_INVALID',
  'PLB_UNAUTHORIZED',
  'PLB_FORBIDDEN',
  'PLB_NOT_FOUND',
  'PLB_CONFLICT',
  'PLB_EVENTS_FULL',
  'PLB_STORE_WRITE',
  'PLB_INTERNAL',
];

function problemOf(status: number, body: unknown, url: string): PlumblineError {
  const { code, detail } = isObject(body) ? body : {};
  const known = codes.find((one) => one === code);
  return known && typeof detail === 'string' ? new PlumblineError(known, detail) : noAggregator(url, status);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
