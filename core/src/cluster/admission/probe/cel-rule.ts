import { compileCel } from '../../../cel/program.ts';
import type { JsonObject } from '../../../json.ts';
import type { Rule } from './refused.ts';

/** Expressions that all have to hold, with the conditions under which they are asked and the variables that they use. */
export interface CelRules {
  readonly validations: readonly string[];
  readonly conditions: readonly string[];
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
}

/** Fields and functions that decide by nothing but how a pod is secured. An expression with any other may let pods in by their name, image or creator. */
const words: ReadonlySet<string> = new Set(
  `object spec containers initContainers ephemeralContainers securityContext privileged hostPID hostIPC hostNetwork hostUsers allowPrivilegeEscalation
  runAsNonRoot runAsUser capabilities add drop windowsOptions hostProcess volumes hostPath ports hostPort procMount seccompProfile type appArmorProfile
  seLinuxOptions user role sysctls livenessProbe readinessProbe startupProbe lifecycle postStart preStop httpGet tcpSocket host all exists exists_one filter map size
  startsWith in has true false null string int c container v volume e p port x containers cap capability operation request`.split(
    /\s+/,
  ),
);

/** A rule of CEL as a rule on pods; undefined where it cannot be understood. */
export function celRule({ validations, conditions, variables }: CelRules): Rule | undefined {
  const whole = (text: string) => plain(inlined(text, variables));
  const texts = { asked: conditions.map(whole), held: validations.map(whole) };
  if (texts.held.length === 0 || ![...texts.asked, ...texts.held].every(isUnderstood)) return undefined;
  const programs = (list: readonly string[]) => list.map((text) => compileCel(text, ['object', 'request']));
  const [asked, held] = [programs(texts.asked), programs(texts.held)];
  if ([...asked, ...held].some((one) => !('program' in one))) return undefined;
  let tooDear = false;
  const ask = (compiled: (typeof held)[number], object: JsonObject): boolean | undefined => {
    // What takes too long once is not tried on hundreds of pods.
    const outcome = 'program' in compiled && !tooDear ? compiled.program.evaluate({ object, request }) : undefined;
    tooDear ||= outcome?.ok === false && outcome.reason === 'budget';
    return outcome?.ok && typeof outcome.value === 'boolean' ? outcome.value : undefined;
  };
  return (pod) => {
    const answers = asked.map((one) => ask(one, pod));
    if (answers.includes(undefined)) return undefined;
    if (answers.includes(false)) return 'admitted';
    const verdicts = held.map((one) => ask(one, pod));
    if (verdicts.includes(false)) return 'refused';
    return verdicts.includes(undefined) ? undefined : 'admitted';
  };
}

const request: JsonObject = { operation: 'CREATE' };

/** Puts the expressions of variables where they are named; they may name earlier ones. */
function inlined(text: string, variables: CelRules['variables']): string {
  return [...variables].reverse().reduce((whole, { name, expression }) => {
    const use = new RegExp(`\\bvariables\\.${name.replace(/\W/g, '')}\\b`, 'g');
    return whole.length > 20_000 ? whole : whole.replace(use, () => `(${expression})`);
  }, text);
}

const chain = String.raw`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)((?:\.\??[A-Za-z_]\w*)*?\.\?[A-Za-z_]\w*(?:\.\?[A-Za-z_]\w*)*)`;
const orValue = new RegExp(
  String.raw`${chain}\.orValue\(\s*(\[\s*\]|\{\s*\}|true|false|-?\d+|"[^"]*"|'[^']*')\s*\)`,
  'g',
);
const hasValue = new RegExp(String.raw`${chain}\.hasValue\(\)`, 'g');

/** Optional fields (`a.?b.?c.orValue(d)`) written with `has`, which every evaluator knows. */
function plain(text: string): string {
  return text
    .replace(orValue, (_, base: string, rest: string, other: string) => {
      const { conditions, path } = spelled(base, rest);
      return `(${conditions} ? ${path} : ${other})`;
    })
    .replace(hasValue, (_, base: string, rest: string) => `(${spelled(base, rest).conditions})`);
}

function spelled(base: string, rest: string): { readonly conditions: string; readonly path: string } {
  let path = base;
  const conditions = rest
    .split('.')
    .filter((part) => part !== '')
    .map((part) => {
      path += `.${part.replace('?', '')}`;
      return `has(${path})`;
    });
  return { conditions: conditions.join(' && '), path };
}

/** A list written down that is neither looked into (`in […]`), nor compared, nor an index. */
const ownList = /(?<![\w)\]]\s*|[=!]=\s*)\[\s*[^\]\s]/;

function isUnderstood(text: string): boolean {
  // A field by index (`object['metadata']`) would hide its name; a list after `in` is none.
  if (/[\w)\]]\s*\[\s*["']/.test(text.replace(/\bin\s*\[/g, 'in('))) return false;
  // Lists of the pod are short; loops over lists of the policy's own could take seconds on hundreds of pods.
  if (ownList.test(text)) return false;
  const outside = text.replace(/"[^"]*"|'[^']*'/g, '""').replace(/\.os(\.name)?\b/g, '');
  return (outside.match(/[A-Za-z_]\w*/g) ?? []).every((word) => words.has(word) || isBound(outside, word));
}

/** A name that the expression itself gives to the items of a list. */
function isBound(text: string, word: string): boolean {
  return (
    new RegExp(`\\.(?:all|exists|exists_one|filter|map)\\(\\s*${word}\\s*,`).test(text) &&
    !new RegExp(`\\.${word}\\b`).test(text)
  );
}
