import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { PlumblineError } from '@plumbline/core';
import fastify, { type FastifyBaseLogger, type FastifyReply, LogController, type RouteOptions } from 'fastify';
import type { CertificateFiles, Certificates } from '../certificate-files.ts';
import { admit } from './admit.ts';
import { refuseForgotten } from './forgotten.ts';
import { pageRoutes } from './page/routes.ts';
import type { ApiParts } from './parts.ts';
import { sendProblem } from './problem.ts';
import { reports } from './reports.ts';
import { alertRoutes } from './routes/alerts.ts';
import { auditRoutes } from './routes/audit.ts';
import { benchmarkRoutes } from './routes/benchmarks.ts';
import { compareRoutes } from './routes/compare.ts';
import { controlRoutes } from './routes/controls.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { driftRoutes } from './routes/drift.ts';
import { eventRoutes } from './routes/events.ts';
import { findingRoutes } from './routes/findings.ts';
import { healthRoutes } from './routes/health.ts';
import { nodeGroupRoutes } from './routes/node-groups.ts';
import { nodeRoutes } from './routes/nodes.ts';
import type { Route, Server } from './routes/route.ts';
import { scanRoutes } from './routes/scans.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { summaryRoutes } from './routes/summary.ts';
import { trendRoutes } from './routes/trend.ts';

/** Every file of routes. */
const routes: readonly Route[] = [
  healthRoutes,
  summaryRoutes,
  nodeRoutes,
  benchmarkRoutes,
  controlRoutes,
  findingRoutes,
  compareRoutes,
  driftRoutes,
  eventRoutes,
  nodeGroupRoutes,
  alertRoutes,
  trendRoutes,
  scanRoutes,
  scheduleRoutes,
  decisionRoutes,
  auditRoutes,
  deliveryRoutes,
  pageRoutes,
];

/** Builds the REST server; it does not listen yet. New connections get the newest certificate. `onRoute` is told of each route. */
export async function buildApi(
  parts: ApiParts,
  log: FastifyBaseLogger,
  tls?: CertificateFiles,
  onRoute?: (route: RouteOptions) => void,
): Promise<Server> {
  const server = (tls
    ? secure(log, tls)
    : fastify(optionsOf(log))
  ).withTypeProvider<TypeBoxTypeProvider>() as unknown as Server;
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      new PlumblineError('PLB_NOT_FOUND', `There is nothing at ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  );
  if (onRoute) server.addHook('onRoute', onRoute);
  server.addHook('onRequest', async (request, reply) => {
    harden(reply);
    admit(parts.access, request);
  });
  server.addHook('preHandler', async (request) => refuseForgotten(parts.queries, request));
  server.addHook('onResponse', async (request, reply) =>
    parts.requested(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000),
  );
  await describe(server, parts.version);
  const counting = reports(parts);
  for (const route of routes) route(server, parts, counting);
  await server.ready();
  return server;
}

function optionsOf(log: FastifyBaseLogger) {
  return {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 4000 },
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle' as const,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
  };
}

function secure(log: FastifyBaseLogger, certificates: CertificateFiles) {
  const contextOf = ({ cert, key }: Certificates) => ({ cert, key, minVersion: 'TLSv1.2' as const });
  const server = fastify({ ...optionsOf(log), https: contextOf(certificates.current()) });
  const leave = certificates.onChange((now) => server.server.setSecureContext(contextOf(now)));
  server.addHook('onClose', async () => leave());
  return server;
}

async function describe(server: Server, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Plumbline', version, description: 'Findings of every node of a cluster against its benchmark.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}

function harden(reply: FastifyReply): void {
  reply.headers({
    'content-security-policy':
      "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  });
}
