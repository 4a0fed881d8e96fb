import { type CelInput, type CelValue, celEnv, isCelError, isCelList, parse, plan } from '@bufbuild/cel';
import { isJsonObject, type Json } from '../json.ts';
import { chargeFunctions, type Meter, meter, mostSteps, OverBudget, withBudget } from './budget.ts';
import { metered, Refused } from './metered.ts';

/** Longest expression, in characters. */
export const longestExpression = 4096;

/** What an evaluation gave: a boolean, a text or a list of texts; or why it gave nothing. */
export type CelOutcome =
  | { readonly ok: true; readonly value: boolean | string | readonly string[] }
  | { readonly ok: false; readonly reason: 'budget' | 'cel-error'; readonly detail: string };

/** An expression that can be evaluated many times. Never throws; the same values give the same outcome, step for step. */
export interface CelProgram {
  /** `budget`: a meter that several evaluations share; one of its own where absent. */
  evaluate(values: CelValues, budget?: Meter): CelOutcome;
}

/** Values of variables as the engine takes them; made once for all expressions about the same things. */
export type CelValues = Readonly<Record<string, CelInput>>;

/** A program, or one sentence on what is wrong with the expression. `variables` are the names it may use. */
export type Compiled = { readonly program: CelProgram } | { readonly problem: string };

const environment = celEnv({ funcs: chargeFunctions() });
const known = new Map<string, Compiled>();

/** Compiles an expression of CEL; the same text is compiled once. */
export function compileCel(text: string, variables: readonly string[]): Compiled {
  const key = `${variables.join()} ${text}`;
  const before = known.get(key);
  if (before) return before;
  const compiled = compile(text, variables);
  if (known.size > 1000) known.clear();
  known.set(key, compiled);
  return compiled;
}

function compile(text: string, variables: readonly string[]): Compiled {
  if (text.length > longestExpression) return { problem: `it is longer than ${longestExpression} characters` };
  try {
    const evaluate = plan(environment, metered(parse(text).expr, variables));
    return { program: { evaluate: (values, budget = meter()) => outcome(budget, () => evaluate(values)) } };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message };
    return { problem: error instanceof RangeError ? 'it is nested too deep' : messageOf(error) };
  }
}

function outcome(budget: Meter, evaluate: () => unknown): CelOutcome {
  const value = withBudget(budget, evaluate);
  if (isCelError(value)) {
    return value.cause instanceof OverBudget
      ? { ok: false, reason: 'budget', detail: `it takes more steps than the ${mostSteps} that an expression may take` }
      : { ok: false, reason: 'cel-error', detail: messageOf(value).slice(0, 300) };
  }
  if (typeof value === 'boolean' || typeof value === 'string') return { ok: true, value };
  if (isCelList(value)) return { ok: true, value: [...value].map(textOf) };
  return { ok: false, reason: 'cel-error', detail: 'it gives neither a boolean nor texts' };
}

function textOf(value: CelValue): string {
  return typeof value === 'string' ? value : String(value);
}

/**
 * A value as the engine takes it. Whole numbers are CEL integers, as the API means them. Maps, because the library trusts
 * `constructor` of plain objects.
 */
export function inputOf(value: Json): CelInput {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item: Json) => inputOf(item));
  if (isJsonObject(value)) return new Map(Object.entries(value).map(([key, item]) => [key, inputOf(item)]));
  return value as string | boolean | null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? 'unreadable') : String(error);
}
