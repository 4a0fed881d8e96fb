import { lookup as lookUp } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { oneLine } from '../text.ts';
import { refusalOf } from './allowed-address.ts';
import { type Outcome, unreached } from './outcome.ts';

/** Where a receiver is and what may be sent there. */
export interface Target {
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly allowHttp: boolean;
  /** PEM; absent, the usual authorities vouch. */
  readonly ca?: string | undefined;
}

/** A body with its headers. */
export interface Letter {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const timeoutMs = 10_000;
const mostOfAnswer = 4096;
/** A receiver that asks for more is asked again after this. */
const longestRetryAfterMs = 3_600_000;

/**
 * Posts once, within ten seconds: a name is resolved once, its addresses are checked and one of those is connected to; redirects are not
 * followed, of the answer four KiB are read. Never throws for what the other side does; what `secrets` names is in no error.
 */
export async function post(
  target: Target,
  { body, headers }: Letter,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const where = placeOf(target);
  if (typeof where === 'string') return { ...unreached(where), permanent: true };
  const hide = hiding([target.url, where.pathname + where.search, ...secrets]);
  let connected = false;
  const agent = new Agent({
    connect: {
      lookup: checkedLookup(target.allowPrivate),
      timeout: timeoutMs,
      ...(target.ca ? { ca: target.ca } : {}),
    },
    connections: 1,
  }).on('connect', () => {
    connected = true;
  });
  try {
    const answer = await request(where, {
      dispatcher: agent,
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'plumbline', ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const status = answer.statusCode;
    if (status >= 200 && status < 300) return { delivered: true };
    const said = await start(answer.body);
    return {
      delivered: false,
      error: hide(oneLine(`answered ${status}${said === '' ? '' : `: ${said}`}`, 300)),
      permanent: status >= 400 && status < 500 && ![408, 425, 429].includes(status),
      reached: status >= 500 && status !== 503,
      ...retryAfter(answer.headers['retry-after']),
    };
  } catch (error) {
    return { delivered: false, error: hide(oneLine(reason(error), 300)), permanent: false, reached: connected };
  } finally {
    await agent.destroy();
  }
}

/** The address of a receiver, or why it cannot be used. */
function placeOf({ url, allowHttp, allowPrivate }: Target): URL | string {
  if (!URL.canParse(url)) return 'the URL cannot be read';
  const place = new URL(url);
  if (place.protocol !== 'https:' && place.protocol !== 'http:') return 'the URL is neither https nor http';
  if (place.protocol === 'http:' && !allowHttp) return 'the URL is not https; allowHttp: true lets it pass';
  if (place.username !== '' || place.password !== '') return 'the URL holds a user or a password';
  const host = place.hostname.replace(/^\[|\]$/g, '');
  // Connecting to an address asks no lookup.
  return isIP(host) === 0 ? place : (refusalOf(host, allowPrivate) ?? place);
}

/** Resolves a name and lets through only what is allowed: what was checked is what is connected to. */
export function checkedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const refused = found.map(({ address }) => refusalOf(address, allowPrivate)).find((why) => why !== null);
      const [first] = found;
      if (refused !== undefined) return callback(new Error(refused), '', 0);
      if (options.all) return callback(null, found);
      callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

async function start(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      size += part.length;
      if (size >= mostOfAnswer) break;
    }
  } catch {
    // The status has said what matters.
    return oneLine(Buffer.concat(parts).toString('utf8'), 200);
  }
  return oneLine(Buffer.concat(parts).subarray(0, mostOfAnswer).toString('utf8'), 200);
}

function retryAfter(header: string | string[] | undefined): { readonly retryAfterMs?: number } {
  if (typeof header !== 'string') return {};
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? { retryAfterMs: Math.min(ms, longestRetryAfterMs) } : {};
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error.message;
}

/** Takes what is secret out of a text. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const long = secrets.filter((one) => one.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => long.reduce((here, secret) => here.replaceAll(secret, '…'), text);
}
