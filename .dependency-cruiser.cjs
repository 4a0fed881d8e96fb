/** Import rules of the house; a test asserts that modules were really cruised. */
const only = (name, library, home) => ({
  name,
  severity: 'error',
  comment: `${library} has one home`,
  from: { pathNot: home },
  to: { path: `node_modules/${library}(/|$)` },
});

module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'core imports nothing of ours and no Node built-in',
      from: { path: '^core/src' },
      to: { pathNot: '^core/src|node_modules/(typebox|yaml|@bufbuild)(/|$)' },
    },
    { name: 'agent-not-aggregator', severity: 'error', from: { path: '^agent/src' }, to: { path: '^(aggregator|cli)/src' } },
    { name: 'aggregator-not-agent', severity: 'error', from: { path: '^aggregator/src' }, to: { path: '^(agent|cli)/src' } },
    { name: 'proto-below-all', severity: 'error', from: { path: '^proto/src' }, to: { path: '^(agent|aggregator|cli)/src' } },
    {
      name: 'no-child-process',
      severity: 'error',
      comment: 'nothing of the product runs a program',
      from: { path: '^(core|proto|agent|aggregator|cli)/src' },
      to: { path: '^(node:)?(child_process|cluster|vm)$' },
    },
    {
      name: 'collectors-look-through-the-host',
      severity: 'error',
      comment: 'collectors reach the node only through host/',
      from: { path: '^agent/src/(collectors|locate)' },
      to: { path: '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|os|process)$' },
    },
    { name: 'no-circular', severity: 'error', from: { pathNot: '^core/src' }, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    only('sqlite-in-store', '(better-sqlite3|kysely)', '^aggregator/src/store'),
    only('grpc-at-the-ends', '@grpc/grpc-js', '^(aggregator/src/ingest|agent/src/uplink|proto/src)'),
    only('kubernetes-in-cluster', '@kubernetes/client-node', '^aggregator/src/cluster'),
    only('mail-in-its-receiver', 'nodemailer', '^aggregator/src/alert/receivers'),
    only('signatures-in-the-webhook', 'standardwebhooks', '^aggregator/src/alert/receivers'),
    only('cel-in-core', '@bufbuild', '^core/src/cel'),
    only('fastify-in-api', 'fastify', '^aggregator/src/api'),
    only('croner-in-scans', 'croner', '^aggregator/src/scans'),
    only('yaml-of-hosts', 'js-yaml', '^agent/src'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
