import { PlumblineError } from '@plumbline/core';
import type { FastifyRequest } from 'fastify';
import type { Access, Caller } from './access.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** May be asked without a token: it says nothing about the cluster. */
    readonly open?: boolean;
  }
}

const local = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;
const reading: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Lets a caller through, or throws PLB_UNAUTHORIZED, or PLB_FORBIDDEN where a viewer would write. */
export function admit(access: Access, request: FastifyRequest): void {
  if (request.routeOptions.config.open) return;
  // A page from elsewhere can make a browser ask this machine by a name of its own; it cannot make it say localhost.
  if (access.open && !local.test(request.headers.host ?? 'localhost')) {
    throw new PlumblineError('PLB_UNAUTHORIZED', 'Without tokens only requests to localhost are answered.');
  }
  const { role } = callerOf(access, request);
  if (reading.includes(request.method)) return;
  if (role !== 'operator') {
    throw new PlumblineError('PLB_FORBIDDEN', 'This token may read; writing needs one of an operator.');
  }
  foreign(request);
}

/** Who asks: the owner of what a request writes. Throws PLB_UNAUTHORIZED. */
export function callerOf(access: Access, request: FastifyRequest): Caller {
  const caller = access.caller(request.headers.authorization);
  if (caller) return caller;
  throw new PlumblineError('PLB_UNAUTHORIZED', 'Send a token of the token file as Authorization: Bearer TOKEN.');
}

/** A page from elsewhere can make a browser send what its user may send, but not hide where it comes from. */
function foreign(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const from = origin === undefined ? undefined : hostOf(origin);
  const site = request.headers['sec-fetch-site'];
  if ((from === undefined || from === host) && (site === undefined || site === 'same-origin' || site === 'none'))
    return;
  throw new PlumblineError('PLB_FORBIDDEN', 'Another site may not write here.');
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : 'none';
}
