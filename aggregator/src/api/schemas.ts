import { Severity, Status, WaiverKind } from '@plumbline/core';
import Type from 'typebox';

const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Time = Type.String({ description: 'ISO 8601 UTC' });

/** How well the documents fit the versions; over several the worst. */
export const Match = Type.Union([
  Type.Literal('exact'),
  Type.Literal('requested'),
  Type.Literal('nearest'),
  Type.Literal('version-unknown'),
]);

/** What every answer says about itself: which documents judged which versions, as of when. */
const about = {
  cluster: Nullable(Text),
  at: Time,
  benchmarkMatch: Match,
  benchmarks: Type.Array(Type.Object({ benchmark: Text, benchmarkMatch: Match })),
  versions: Type.Object({
    controlPlane: Nullable(Text),
    controlPlaneFrom: Type.Union([
      Type.Literal('cluster'),
      Type.Literal('given'),
      Type.Literal('recorded'),
      Type.Literal('manifest'),
      Type.Null(),
    ]),
    kubelets: Type.Record(Text, Type.Integer(), { description: 'Nodes by version of the kubelet' }),
  }),
  exclusions: Type.Array(Text, { description: 'Globs of the namespaces that are left out of everything' }),
  rejudged: Type.Boolean({ description: 'The verdicts were not judged then, but just now by what was known then' }),
  program: Type.Union([Text, Type.Null()], { description: 'Version of the program that judged, where it is known' }),
};
export const About = Type.Object(about);

const tallied = {
  pass: Type.Integer(),
  fail: Type.Integer(),
  warn: Type.Integer(),
  error: Type.Integer(),
  notApplicable: Type.Integer(),
  score: Nullable(Type.Number()),
  coverage: Nullable(Type.Number()),
};
const counts = {
  total: Type.Integer(),
  ...tallied,
  waived: Type.Integer({ description: 'Controls of which all that is open is waived' }),
  attested: Type.Integer({ description: 'Controls that wait for a person, and a person has confirmed' }),
  adjusted: Type.Object(tallied, {
    description: 'The same controls with waivers and attestations; with waived and attested they add up to total',
  }),
};
export const Counts = Type.Object(counts);
const sections = Type.Record(Text, Counts);

export const Gap = Type.Object(
  {
    kind: Type.Union([Type.Literal('node'), Type.Literal('resource'), Type.Literal('nodes'), Type.Literal('judging')]),
    name: Text,
    reason: Type.String({ description: 'no-agent, stale, no-answer; the state of a resource; none, unlisted; late' }),
  },
  { description: 'Something that cannot be known' },
);

export const SummaryAnswer = Type.Object({
  ...about,
  summary: Type.Object({ ...counts, sections }),
  documents: Type.Array(Type.Object({ benchmark: Text, title: Text, benchmarkMatch: Match, ...counts, sections })),
  nodes: Type.Object({
    total: Type.Integer(),
    reporting: Type.Integer(),
    stale: Type.Integer(),
    noAgent: Type.Integer(),
  }),
  gaps: Type.Union([Type.Array(Gap), Type.Null()], {
    description: 'What cannot be known now, the first 100; empty when that is nothing, null for a past time',
  }),
  nodeList: Type.Object({
    source: Type.Union([Type.Literal('cluster'), Type.Literal('agents')]),
    synced: Type.Boolean(),
    lastEventAt: Nullable(Time),
    error: Nullable(Text),
  }),
  resources: Type.Array(
    Type.Object({
      name: Text,
      state: Type.Union([
        Type.Literal('synced'),
        Type.Literal('absent'),
        Type.Literal('denied'),
        Type.Literal('stale'),
        Type.Literal('unsynced'),
        Type.Literal('unasked'),
        Type.Literal('unconnected'),
      ]),
      detail: Nullable(Text),
      lastEventAt: Nullable(Time),
      objects: Type.Integer(),
    }),
    { description: 'What controls read of the API server, and how well it is known' },
  ),
});

const node = {
  name: Text,
  presence: Type.Union([Type.Literal('reporting'), Type.Literal('stale'), Type.Literal('no-agent')]),
  roles: Type.Array(Text),
  platform: Nullable(Text),
  kubeletVersion: Nullable(Text),
  benchmark: Nullable(Text),
  controlPlaneBenchmark: Nullable(Text),
  benchmarkMatch: Type.Union([Match, Type.Null()]),
  agentVersion: Nullable(Text),
  firstSeen: Time,
  lastReceived: Nullable(Time),
  listed: Type.Boolean(),
  clockSkewSeconds: Type.Union([Type.Number(), Type.Null()], {
    description: 'Seconds that its clock is ahead (negative: behind), null within 30',
  }),
  storedBytes: Type.Integer({ description: 'Bytes of the database that came with what it said' }),
  summary: Counts,
};
export const NodesAnswer = Type.Object({
  ...about,
  nodes: Type.Array(Type.Object(node)),
  nextCursor: Nullable(Text),
});
export const NodeAnswer = Type.Object({
  ...about,
  node: Type.Object({
    ...node,
    summary: Type.Object({ ...counts, sections }),
    uid: Nullable(Text),
    providerId: Nullable(Text),
    labels: Type.Array(Text),
  }),
});

const document = {
  benchmark: Text,
  title: Text,
  version: Text,
  published: Text,
  kubernetes: Type.Object({ from: Text, to: Text }),
  total: Type.Integer(),
  sections: Type.Record(Text, Type.Object({ title: Text, total: Type.Integer() })),
  inUse: Type.Boolean(),
};
export const BenchmarksAnswer = Type.Object({ ...about, documents: Type.Array(Type.Object(document)) });

const subjects = Type.Object(
  { judged: Type.Integer(), passing: Type.Integer(), failing: Type.Integer() },
  { description: 'Subjects that pass, fail or need a person, and of them those that pass and that fail' },
);
const successRate = Type.Union([Type.Number(), Type.Null()], {
  description: 'passing / judged, null when nothing was',
});
const statusCounts = Type.Record(Text, Type.Integer());
const decided = {
  adjusted: Type.Union([Status, Type.Literal('waived'), Type.Literal('attested'), Type.Null()], {
    description: 'The status with waivers and attestations',
  }),
  covered: Type.Object(
    { waivedFail: Type.Integer(), waivedWarn: Type.Integer(), attested: Type.Integer() },
    { description: 'Of the counts, those that a waiver or an attestation covers' },
  ),
};
export const BenchmarkAnswer = Type.Object({
  ...about,
  document: Type.Object({
    ...document,
    controls: Type.Array(
      Type.Object({
        number: Text,
        control: Text,
        title: Text,
        severity: Severity,
        level: Text,
        by: Text,
        role: Text,
        status: Type.Union([Status, Type.Null()]),
        inconsistent: Type.Boolean(),
        counts: statusCounts,
        ...decided,
        subjects,
        successRate,
      }),
    ),
  }),
});

/** Where a value comes from; `text` says it to people. */
export const OriginAnswer = Type.Object({
  kind: Text,
  path: Type.Optional(Text),
  key: Type.Optional(Text),
  pid: Type.Optional(Type.Integer()),
  version: Type.Optional(Text),
  text: Text,
});

const Evidence = Type.Object({
  fact: Text,
  subject: Text,
  actual: Type.Unknown(),
  expected: Text,
  origin: OriginAnswer,
  holds: Type.Union([Type.Boolean(), Type.Null()]),
  observedAt: Nullable(Time),
  pending: Type.Union(
    [
      Type.Object({
        actual: Type.Unknown(),
        origin: OriginAnswer,
        holds: Type.Union([Type.Boolean(), Type.Null()]),
        running: Type.Union([Type.Literal('observed'), Type.Literal('unknown')]),
      }),
      Type.Null(),
    ],
    {
      description:
        'What the files say now and the process has not read yet; running unknown: nobody saw what it read, so actual is what the files say',
    },
  ),
});

const decision = { id: Text, owner: Text, reason: Text, expires: Time };
const marks = {
  waiver: Type.Union([Type.Object({ ...decision, kind: WaiverKind }), Type.Null()], {
    description: 'The waiver that takes it out of the adjusted counts; the verdict stays as it is',
  }),
  attestation: Type.Union([Type.Object(decision), Type.Null()], { description: 'Who confirmed it, until when' }),
};

const judged = { status: Status, value: Text, nodes: Type.Integer() };
export const ControlAnswer = Type.Object({
  ...about,
  control: Text,
  title: Text,
  severity: Severity,
  why: Text,
  remedy: Text,
  numbers: Type.Array(Type.Object({ benchmark: Text, benchmarkMatch: Match, number: Text, level: Text, by: Text })),
  status: Type.Union([Status, Type.Null()]),
  inconsistent: Type.Boolean(),
  counts: statusCounts,
  ...decided,
  subjects,
  successRate,
  failing: Type.Array(
    Type.Object({
      node: Nullable(Text),
      subject: Text,
      namespace: Nullable(Text),
      kind: Nullable(Text),
      system: Type.Boolean(),
      message: Text,
      findingId: Text,
      ...marks,
      evidence: Type.Array(Evidence),
    }),
    { description: 'The first subjects that fail' },
  ),
  failingCursor: Type.Union([Text, Type.Null()], {
    description: 'Where findings?control=…&status=fail&evidence=true goes on, null when all are here',
  }),
  majority: Type.Union([Type.Object(judged), Type.Null()]),
  outliers: Type.Array(
    Type.Object({ node: Nullable(Text), subject: Text, status: Status, value: Text, message: Text, findingId: Text }),
  ),
  outliersTotal: Type.Integer(),
  values: Type.Array(
    Type.Object({
      fact: Text,
      subject: Type.String({ description: 'Component or path, the same on all nodes' }),
      majority: Type.Object({ value: Type.Unknown(), nodes: Type.Integer() }),
      outliers: Type.Array(Type.Object({ node: Text, subject: Text, value: Type.Unknown(), origin: OriginAnswer })),
      outliersTotal: Type.Integer(),
    }),
    {
      description:
        'Everything that verdicts of nodes rest on: what most have, and who has something else; at most 100 each',
    },
  ),
  valuesTotal: Type.Integer(),
});

const finding = {
  id: Text,
  node: Nullable(Text),
  namespace: Nullable(Text),
  kind: Nullable(Text),
  system: Type.Boolean({ description: 'It is about Kubernetes itself or a namespace of the system' }),
  benchmark: Text,
  benchmarkMatch: Match,
  number: Text,
  control: Text,
  title: Text,
  status: Status,
  reason: Text,
  message: Text,
  severity: Severity,
  level: Text,
  by: Text,
  subject: Text,
  since: Time,
  until: Nullable(Time),
  validUntil: Nullable(Time),
  ...marks,
};
export const FindingsAnswer = Type.Object({
  ...about,
  findings: Type.Array(Type.Object({ ...finding, evidence: Type.Optional(Type.Array(Evidence)) })),
  nextCursor: Nullable(Text),
});
export const FindingAnswer = Type.Object({
  ...about,
  finding: Type.Object({
    ...finding,
    why: Text,
    remedy: Text,
    note: Nullable(Text),
    evidence: Type.Array(Evidence),
  }),
});
