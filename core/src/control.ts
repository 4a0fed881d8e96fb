import Type, { type Static } from 'typebox';
import { Role } from './benchmark.ts';
import type { Json } from './json.ts';

/** How bad a `fail` is. */
export const Severity = Type.Union([
  Type.Literal('critical'),
  Type.Literal('high'),
  Type.Literal('medium'),
  Type.Literal('low'),
]);
export type Severity = Static<typeof Severity>;

/** Verdict statuses; waivers and attestations are overlays, never statuses. */
export const Status = Type.Union([
  Type.Literal('pass'),
  Type.Literal('fail'),
  Type.Literal('warn'),
  Type.Literal('error'),
  Type.Literal('not-applicable'),
]);
export type Status = Static<typeof Status>;

const Scalar = Type.Union([Type.String(), Type.Boolean(), Type.Null()]);
/** A literal of the YAML file or a parameter of the document. Numbers and modes are quoted strings. */
export const Operand = Type.Union([
  Scalar,
  Type.Array(Type.String()),
  Type.Object({ param: Type.String() }, { additionalProperties: false }),
]);
export type Operand = Static<typeof Operand>;

/**
 * Exactly one operator of a leaf. `equals oneOf contains excludes subsetOf atLeast atMost set unset matches modeAtMost ownedBy`.
 * Durations (`5m0s`) and integers compare as numbers, lists as sets, modes as bit masks.
 */
const operators = {
  equals: Type.Optional(Operand),
  oneOf: Type.Optional(Operand),
  contains: Type.Optional(Operand),
  excludes: Type.Optional(Operand),
  subsetOf: Type.Optional(Operand),
  atLeast: Type.Optional(Operand),
  atMost: Type.Optional(Operand),
  set: Type.Optional(Type.Literal(true)),
  unset: Type.Optional(Type.Literal(true)),
  matches: Type.Optional(Operand),
  modeAtMost: Type.Optional(Operand),
  ownedBy: Type.Optional(Operand),
} as const;

export type OperatorName = keyof typeof operators;
export const operatorNames = Object.keys(operators) as readonly OperatorName[];

/**
 * A condition over one node. Leaves:
 * `setting` (of the control's component, or `component:key` of every instance of another one on the node; `stated: true` counts it only when somebody wrote it down),
 * `files` (every file of the named set must satisfy the operator; an empty set makes the leaf vacuous and is handled by `absentFiles`),
 * `fact` (+ `of` subject, + dotted `path`), `minor` (of the component), `param` (of the document), `running` (a component), `rule`.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | ({ readonly setting: string; readonly stated?: boolean } & Operators)
  | ({ readonly files: string } & Operators)
  | { readonly anyFile: string }
  | ({ readonly fact: string; readonly of?: string; readonly path?: string } & Operators)
  | { readonly minor: { readonly atLeast?: string; readonly below?: string } }
  | ({ readonly param: string } & Operators)
  | { readonly running: string }
  | { readonly rule: string; readonly with?: Readonly<Record<string, Operand>> };

export type Operators = { readonly [Name in OperatorName]?: Operand };

const leaf = <T extends Record<string, ReturnType<typeof Type.String> | ReturnType<typeof Type.Optional>>>(own: T) =>
  Type.Object({ ...own, ...operators }, { additionalProperties: false });

/** Schema of {@link Condition}. */
export const ConditionSchema = Type.Cyclic(
  {
    Condition: Type.Union([
      Type.Object({ all: Type.Array(Type.Ref('Condition'), { minItems: 1 }) }, { additionalProperties: false }),
      Type.Object({ any: Type.Array(Type.Ref('Condition'), { minItems: 1 }) }, { additionalProperties: false }),
      Type.Object({ not: Type.Ref('Condition') }, { additionalProperties: false }),
      leaf({ setting: Type.String(), stated: Type.Optional(Type.Boolean()) }),
      leaf({ files: Type.String() }),
      Type.Object({ anyFile: Type.String() }, { additionalProperties: false }),
      leaf({ fact: Type.String(), of: Type.Optional(Type.String()), path: Type.Optional(Type.String()) }),
      Type.Object(
        {
          minor: Type.Object(
            { atLeast: Type.Optional(Type.String()), below: Type.Optional(Type.String()) },
            { additionalProperties: false, minProperties: 1 },
          ),
        },
        { additionalProperties: false },
      ),
      leaf({ param: Type.String() }),
      Type.Object({ running: Type.String() }, { additionalProperties: false }),
      Type.Object(
        { rule: Type.String(), with: Type.Optional(Type.Record(Type.String(), Operand)) },
        { additionalProperties: false },
      ),
    ]),
  },
  'Condition',
);

/** One step of a decision: the first clause whose condition holds decides. `because` is a sentence for people. */
export interface Clause {
  readonly status: Exclude<Status, 'error'>;
  readonly when?: Condition;
  readonly because: string;
  /** Machine reason; default `as-expected`, `not-as-expected`, `needs-a-person`, `not-applicable`. */
  readonly reason?: string;
}

const ClauseSchema = Type.Object(
  {
    status: Type.Union([
      Type.Literal('pass'),
      Type.Literal('fail'),
      Type.Literal('warn'),
      Type.Literal('not-applicable'),
    ]),
    when: Type.Optional(ConditionSchema),
    because: Type.String({ minLength: 8 }),
    reason: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]+$' })),
  },
  { additionalProperties: false },
);

/**
 * What decides. `pass` alone: pass where it holds, fail where it does not. `decide`: clauses tried in order, the last without
 * `when`. `survey`: controls of the cluster name a survey of core/src/cluster/surveys and give it operands.
 */
export interface Check {
  readonly pass?: Condition;
  readonly decide?: readonly Clause[];
  readonly survey?: string;
  readonly with?: Readonly<Record<string, Json>>;
}

const CheckSchema = Type.Union([
  Type.Object({ pass: ConditionSchema }, { additionalProperties: false }),
  Type.Object({ decide: Type.Array(ClauseSchema, { minItems: 2 }) }, { additionalProperties: false }),
  // The operands are checked against the schema of the survey.
  Type.Object(
    { survey: Type.String(), with: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
    { additionalProperties: false },
  ),
]);

/** A parameter that documents may set; `default` is used where they do not. */
const Parameter = Type.Object(
  {
    type: Type.Union([Type.Literal('mode'), Type.Literal('text'), Type.Literal('list'), Type.Literal('number')]),
    default: Type.Union([Type.String(), Type.Array(Type.String())]),
    says: Type.String(),
  },
  { additionalProperties: false },
);

/** One control as its YAML file states it. The slug is the path: `apiserver/profiling.yaml` is `apiserver-profiling`. */
export const ControlFile = Type.Object(
  {
    title: Type.String({ minLength: 8, maxLength: 140 }),
    severity: Severity,
    /** Judged once per instance of this component, or once a node (`node`), or once a cluster. */
    subject: Type.Union([
      Type.Literal('kube-apiserver'),
      Type.Literal('kube-controller-manager'),
      Type.Literal('kube-scheduler'),
      Type.Literal('etcd'),
      Type.Literal('kubelet'),
      Type.Literal('kube-proxy'),
      Type.Literal('node'),
      Type.Literal('cluster'),
    ]),
    /** Roles of nodes, besides the document's, on which the control of a `node` is judged too: what it is about may lie there. */
    alsoOn: Type.Optional(Type.Array(Role, { minItems: 1 })),
    why: Type.String({ minLength: 20 }),
    remedy: Type.String({ minLength: 20 }),
    params: Type.Optional(Type.Record(Type.String(), Parameter)),
    check: Type.Optional(CheckSchema),
    /** What the text of the benchmark asks for, where that differs from what really holds. */
    letter: Type.Optional(CheckSchema),
    /** A sentence shown with every verdict of the control, for instance a known contradiction of the documents. */
    note: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** A validated control. `check` absent: nobody wrote one yet, its verdict is `error: no-check`. */
export interface Control {
  readonly slug: string;
  readonly title: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly alsoOn?: readonly Role[];
  readonly why: string;
  readonly remedy: string;
  readonly params: Readonly<Record<string, { readonly type: string; readonly default: string | readonly string[] }>>;
  readonly check?: Check;
  readonly letter?: Check;
  readonly note?: string;
}
