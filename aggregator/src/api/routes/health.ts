import Type from 'typebox';
import type { Route } from './route.ts';

/** Liveness, readiness and metrics, where Kubernetes and Prometheus look for them. */
export const healthRoutes: Route = (server, parts) => {
  server.get('/healthz', { schema: { hide: true }, config: { open: true } }, (_, reply) =>
    reply.type('text/plain').send('ok\n'),
  );
  server.get(
    '/readyz',
    {
      schema: { hide: true, querystring: Type.Object({ verbose: Type.Optional(Type.String()) }) },
      config: { open: true },
    },
    ({ query }, reply) => {
      const checks = Object.entries(parts.readiness).map(([name, check]) => ({ name, why: check() }));
      const ready = checks.every(({ why }) => why === null);
      const lines = checks.map(({ name, why }) => (why === null ? `[+] ${name} ok` : `[-] ${name}: ${why}`));
      for (const [name, notice] of Object.entries(parts.notices)) lines.push(`[i] ${name}: ${notice() ?? 'ok'}`);
      const verdict = ready ? 'ready' : 'not ready';
      const text = query.verbose === undefined && ready ? [verdict] : [...lines, verdict];
      return reply
        .code(ready ? 200 : 503)
        .type('text/plain')
        .send(`${text.join('\n')}\n`);
    },
  );
  server.get('/metrics', { schema: { hide: true } }, async (_, reply) => {
    const { type, text } = await parts.metrics();
    return reply.type(type).send(text);
  });
};
