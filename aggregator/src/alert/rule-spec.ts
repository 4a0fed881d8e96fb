import Type, { type Static } from 'typebox';

/** A rule of the alerts file: what is told to whom. */
export const RuleSpec = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  /** Names of receivers of the same file. */
  receivers: Type.Array(Type.String(), { minItems: 1, uniqueItems: true }),
});
export type RuleSpec = Static<typeof RuleSpec>;
