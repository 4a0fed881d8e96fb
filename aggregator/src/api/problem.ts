import { type ErrorCode, PlumblineError } from '@plumbline/core';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';

/** Errors as RFC 9457 describes them, with a stable code and the id under which the log knows the request. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  requestId: Type.String(),
});
export type Problem = Static<typeof Problem>;

const statusOf: Partial<Record<ErrorCode, number>> = {
  PLB_REQUEST_INVALID: 400,
  PLB_BENCHMARK_UNKNOWN: 400,
  PLB_UNAUTHORIZED: 401,
  PLB_FORBIDDEN: 403,
  PLB_NOT_FOUND: 404,
  PLB_CONFLICT: 409,
  PLB_STORE_WRITE: 503,
  PLB_EVENTS_FULL: 503,
  PLB_REJUDGE_BUSY: 503,
};

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Not authorized',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  500: 'Internal error',
  503: 'Not now',
};

/** Answers with a problem; what went wrong inside is logged, never shown. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, detail } = explain(error);
  if (status >= 500) request.log.error({ err: error, reqId: request.id }, 'request failed');
  if (status === 401) reply.header('www-authenticate', 'Bearer, Basic realm="Plumbline", charset="UTF-8"');
  const problem: Problem = {
    type: 'about:blank',
    title: titles[status] ?? 'The request failed',
    status,
    detail,
    code,
    requestId: request.id,
  };
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(problem);
}

function explain(error: unknown): { readonly status: number; readonly code: ErrorCode; readonly detail: string } {
  if (error instanceof PlumblineError) {
    const status = statusOf[error.code];
    if (status !== undefined) return { status, code: error.code, detail: error.message };
  }
  const known = error as Partial<FastifyError>;
  if (known.validation?.[0]) {
    return { status: 400, code: 'PLB_REQUEST_INVALID', detail: sentence(known.validation[0]) };
  }
  const status = known.statusCode;
  if (status !== undefined && status >= 400 && status < 500) {
    return { status, code: 'PLB_REQUEST_INVALID', detail: 'The request cannot be read.' };
  }
  return {
    status: 500,
    code: 'PLB_INTERNAL',
    detail: 'Something failed inside; the log says what, under this request id.',
  };
}

function sentence(problem: NonNullable<FastifyError['validation']>[number]): string {
  const name = problem.instancePath.replace(/^\//, '');
  const extra = problem.params?.['additionalProperty'];
  if (typeof extra === 'string') return `There is no parameter ${extra}.`;
  const missing = problem.params?.['missingProperty'];
  if (typeof missing === 'string') return `The parameter ${missing} is missing.`;
  return `The parameter ${name || 'list'} is not valid: ${problem.message ?? 'it has the wrong form'}.`;
}
