import Type, { type Static } from 'typebox';

/** What a waiver says about a fail or warn: the risk is taken, something else covers it, or the verdict is wrong here. */
export const WaiverKind = Type.Union([
  Type.Literal('accepted-risk'),
  Type.Literal('mitigated'),
  Type.Literal('false-positive'),
]);
export type WaiverKind = Static<typeof WaiverKind>;

/** Every kind. */
export const waiverKinds: readonly WaiverKind[] = WaiverKind.anyOf.map((one) => one.const);

const said = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', description });
const glob = (description: string) => Type.Optional(said(253, `${description}; * stands for any text`));

/** Which findings are meant: what is absent does not narrow. `nodeSelector` asks for keys of labels (`pool,!gpu`): their values are not kept. */
const scope = {
  benchmark: Type.Optional(said(100, 'Id of a document; every document when absent')),
  cluster: glob('Name of the cluster'),
  node: glob('Name of the node; findings of no node are then not meant'),
  nodeSelector: Type.Optional(
    said(1000, 'Keys of labels that the node has, or with ! before it has not, separated by commas'),
  ),
  namespace: glob('Namespace that the subject is or lies in'),
  subject: glob('Subject of the finding'),
};
const owned = {
  owner: said(200, 'The person who answers for it'),
  reason: said(2000, 'Why, in words that an auditor can follow; of an attestation what was confirmed and how'),
  expires: said(40, 'When it ends by itself: ISO 8601, a date or a time, at most two years ahead'),
};
const waiver = {
  kind: WaiverKind,
  compensating: Type.Optional(said(2000, 'The measure that covers the risk; needed for mitigated')),
};
const attestation = { proof: Type.Optional(said(2000, 'Where the proof lies: a link, a ticket')) };
const named = {
  control: Type.Optional(said(100, 'Slug of the control, or its number with benchmark')),
  number: Type.Optional(said(20, 'Number of the control in the benchmark')),
};
const closed = { additionalProperties: false } as const;

/** A waiver as people write it: over REST and in files. */
export const WaiverRequest = Type.Object({ ...waiver, ...named, ...scope, ...owned }, closed);
export type WaiverRequest = Static<typeof WaiverRequest>;

/** An attestation as people write it. */
export const AttestationRequest = Type.Object({ ...attestation, ...named, ...scope, ...owned }, closed);
export type AttestationRequest = Static<typeof AttestationRequest>;

const control = { control: Type.String({ description: 'Slug' }) };

/** A decision about failing or warning findings of one control, by a person until a time. It never changes a verdict. */
export const Waiver = Type.Object({ id: Type.String(), ...waiver, ...control, ...scope, ...owned }, closed);
export type Waiver = Static<typeof Waiver>;

/** A person confirms what a machine could not decide (`warn`), until a time. */
export const Attestation = Type.Object({ id: Type.String(), ...attestation, ...control, ...scope, ...owned }, closed);
export type Attestation = Static<typeof Attestation>;

/** Either of them. */
export type Decision = Waiver | Attestation;

/** Where a decision stands; docs/glossary.md says what each means. */
export const DecisionState = Type.Union([
  Type.Literal('active'),
  Type.Literal('unused'),
  Type.Literal('expired'),
  Type.Literal('ineffective'),
]);
export type DecisionState = Static<typeof DecisionState>;

/** A file of decisions, for audits without an aggregator. */
export const DecisionsFile = Type.Object(
  { waivers: Type.Optional(Type.Array(WaiverRequest)), attestations: Type.Optional(Type.Array(AttestationRequest)) },
  closed,
);
export type DecisionsFile = Static<typeof DecisionsFile>;
