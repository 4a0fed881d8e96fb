import Type from 'typebox';
import { type Meter, meter } from '../../../cel/budget.ts';
import { type CelProgram, type CelValues, compileCel, inputOf } from '../../../cel/program.ts';
import { at, isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import type { Workload } from '../../objects.ts';
import { subjectOf } from '../../subject.ts';
import type { Operands, Survey } from '../../survey.ts';
import { isComponent } from '../pod-policy/components.ts';
import { type Found, verdict } from './verdict.ts';

/** Names that the expressions may use. Where the rule is about containers, `pod` is the rest of the pod; else there is no `container`. */
const variables = ['container', 'pod', 'labels', 'annotations'];
const lists = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/**
 * Workloads judged by expressions of CEL, once per `container` or per `pod`. `violates` decides, and `shows` names what violates
 * (a text or a list of texts). `points` are what a good workload states besides: where one does not hold, a person has to look.
 * `says` is what is expected, `field` the part of the container that evidence points to.
 */
const schema = Type.Object(
  {
    of: Type.Union([Type.Literal('container'), Type.Literal('pod')]),
    violates: Type.String(),
    shows: Type.Optional(Type.String()),
    points: Type.Optional(
      Type.Array(Type.Object({ says: Type.String(), holds: Type.String() }, { additionalProperties: false })),
    ),
    says: Type.String({ minLength: 8 }),
    field: Type.String(),
  },
  { additionalProperties: false },
);

/** Judges every namespace by what the workloads in it state; a namespace without workloads has nothing that could violate. */
export const workloadRule: Survey = {
  schema,
  expressions,
  each: 'namespace',
  needs: () => ['namespaces', 'pods'],
  facts: false,
  judge({ view, isSystem }, operands, namespace) {
    const rule = ruleOf(operands);
    const workloads = view.workloads(namespace);
    const found = workloads.flatMap((workload) => {
      const all = looked(rule, workload);
      return isComponent(workload) ? all.map(ofComponent) : all;
    });
    return [verdict(namespace, isSystem(namespace), workloads.length, found)];
  },
};

interface Point {
  readonly says: string;
  readonly program: CelProgram;
}

interface Rule {
  readonly of: 'container' | 'pod';
  readonly violates: CelProgram;
  readonly shows: CelProgram | undefined;
  readonly points: readonly Point[];
  readonly mentioned: ReadonlySet<string>;
  readonly says: string;
  readonly field: string;
}

/** What a part of Kubernetes itself states is not the user's to mend. */
function ofComponent(found: Found): Found {
  return found.kind === 'violates' || found.kind === 'doubtful' ? { ...found, kind: 'component' } : found;
}

type Expressions = ReturnType<NonNullable<Survey['expressions']>>;

function expressions({ violates, shows, points }: Operands): Expressions {
  const own = Object.entries({ violates, shows }).map(([name, text]) => ({ path: [name], text }));
  const holds = pointsOf(points).map((point, index) => ({
    path: ['points', index, 'holds'],
    text: at(point, 'holds'),
  }));
  return [...own, ...holds].flatMap(({ path, text }) => (typeof text === 'string' ? [{ path, text, variables }] : []));
}

function pointsOf(points: Json | undefined): readonly Json[] {
  return Array.isArray(points) ? points : [];
}

const rules = new WeakMap<Operands, Rule>();

/** The rule that operands state, made once for all namespaces. */
function ruleOf(operands: Operands): Rule {
  const before = rules.get(operands);
  if (before) return before;
  const made = madeOf(operands);
  rules.set(operands, made);
  return made;
}

/** The pack has refused expressions that do not compile, so each is a program. */
function madeOf(operands: Operands): Rule {
  const program = (text: Json | undefined): CelProgram => {
    const compiled = compileCel(String(text ?? ''), variables);
    if ('program' in compiled) return compiled.program;
    return { evaluate: () => ({ ok: false, reason: 'cel-error', detail: compiled.problem }) };
  };
  return {
    of: operands['of'] === 'pod' ? 'pod' : 'container',
    violates: program(operands['violates']),
    shows: operands['shows'] === undefined ? undefined : program(operands['shows']),
    points: pointsOf(operands['points']).map((one) => ({
      says: String(at(one, 'says')),
      program: program(at(one, 'holds')),
    })),
    mentioned: new Set(expressions(operands).flatMap(({ text }) => text.match(/[a-z]+/g) ?? [])),
    says: String(operands['says']),
    field: String(operands['field']),
  };
}

function looked(rule: Rule, workload: Workload): readonly Found[] {
  const { spec, labels, annotations } = workload;
  const pod = rule.of === 'pod' ? spec : withoutContainers(spec);
  const about = valuesOf(rule, { pod, labels, annotations });
  // Thousands of containers may cost what a dozen large ones do; what is left over is unknown.
  const budget = meter(12);
  if (rule.of === 'pod') return [lookAt(rule, workload, about, budget, 'spec')];
  return lists.flatMap((list) => {
    const containers = workload.spec[list];
    if (!Array.isArray(containers)) return [];
    return containers.map((one: Json) => {
      const container = isJsonObject(one) ? one : {};
      const values = { ...about, ...valuesOf(rule, { container }) };
      return lookAt(rule, workload, values, budget, `spec.${list}[${String(container['name'] ?? '')}]`);
    });
  });
}

function withoutContainers(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !lists.some((list) => list === key)));
}

/** Only what some expression of the rule mentions is made ready for the engine. */
function valuesOf({ mentioned }: Rule, values: Readonly<Record<string, JsonObject>>): CelValues {
  const wanted = Object.entries(values).filter(([name]) => mentioned.has(name));
  return Object.fromEntries(wanted.map(([name, value]) => [name, inputOf(value)]));
}

function lookAt(rule: Rule, workload: Workload, values: CelValues, budget: Meter, place: string): Found {
  const { owner, namespace, malformed = [] } = workload;
  const say = (kind: Found['kind'], actual: Json, holds: boolean | null, why = '', reason = ''): Found => {
    const subject = subjectOf(owner.kind, namespace, owner.name);
    const origin = { kind: 'object', path: subject, key: `${place}${rule.field}` } as const;
    const evidence = { fact: 'object Pod', subject, actual, expected: rule.says, origin, holds };
    return { kind, why, reason, evidence };
  };
  if (malformed.length > 0) return say('unknown', null, null, `${malformed.join(', ')} cannot be read`, 'malformed');
  const outcome = rule.violates.evaluate(values, budget);
  if (!outcome.ok) return say('unknown', null, null, outcome.detail, outcome.reason);
  if (outcome.value === true) {
    const shown = rule.shows?.evaluate(values, budget);
    return say('violates', shown?.ok ? shown.value : 'nothing of it', false);
  }
  const missing: string[] = [];
  for (const { says, program } of rule.points) {
    const point = program.evaluate(values, budget);
    if (!point.ok) return say('unknown', null, null, `${says}: ${point.detail}`, point.reason);
    if (point.value !== true) missing.push(`not stated: ${says}`);
  }
  return missing.length > 0 ? say('doubtful', missing, null) : say('fine', 'as expected', true);
}
