import { Attestation, AttestationRequest, DecisionState, Waiver, WaiverRequest } from '@plumbline/core';
import Type, { type TObject, type TProperties, type TSchema } from 'typebox';
import type { DecisionKind } from '../../store/decision-table.ts';
import { About } from '../schemas.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);

/** What is said of a decision besides what it says itself. */
const standing = {
  createdBy: Type.String({ description: 'Name of the token that made it' }),
  createdAt: Text,
  changedAt: Text,
  state: Type.Union([DecisionState, Type.Null()], {
    description:
      'active; unused: no finding that it is about for seven days; expired; ineffective: nothing that it is about is open, or another covers it all. Null of a past instant',
  }),
  stateReason: NullableText,
  matches: Type.Union(
    [
      Type.Object({
        open: Type.Integer({ description: 'Open findings that it is about' }),
        covers: Type.Integer({ description: 'Those of them that no earlier decision covers' }),
      }),
      Type.Null(),
    ],
    { description: 'What it is about now; null of a past instant' },
  ),
  lastMatchedAt: Type.Union([Text, Type.Null()], { description: 'When there last was a finding that it is about' }),
};

/** What differs between the two kinds, in one place. */
export interface DecisionSchemas {
  readonly kind: DecisionKind;
  /** Last part of the path, and name of the list. */
  readonly many: string;
  readonly title: string;
  readonly request: TSchema;
  readonly oneAnswer: TSchema;
  readonly manyAnswer: TSchema;
}

function schemasOf<P extends TProperties>(
  kind: DecisionKind,
  title: string,
  request: TSchema,
  { properties }: TObject<P>,
): DecisionSchemas {
  const one = Type.Object({ ...properties, ...standing });
  const many = `${kind}s`;
  return {
    ...{ kind, many, title, request },
    oneAnswer: Type.Object({ ...About.properties, [kind]: one }),
    manyAnswer: Type.Object({ ...About.properties, [many]: Type.Array(one), nextCursor: NullableText }),
  };
}

/** Waivers, then attestations. */
export const decisionSchemas: readonly DecisionSchemas[] = [
  schemasOf('waiver', 'Waivers', WaiverRequest, Waiver),
  schemasOf('attestation', 'Attestations', AttestationRequest, Attestation),
];

/** A page of the audit log. */
export const AuditAnswer = Type.Object({
  ...About.properties,
  entries: Type.Array(
    Type.Object({
      id: Type.Integer(),
      at: Text,
      who: Type.String({ description: 'Name of the token; plumbline where the program did it by itself' }),
      action: Text,
      kind: Text,
      target: Type.String({ description: 'Id of the thing among those of its kind' }),
      before: Type.Unknown(),
      after: Type.Unknown(),
    }),
  ),
  nextCursor: NullableText,
});
