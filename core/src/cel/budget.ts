import { type CelFunc, CelScalar, type CelValue, celFunc, isCelList, isCelMap } from '@bufbuild/cel';

/** Most steps of one evaluation: an iteration of a comprehension, or an operation on something whose size can grow. */
export const mostSteps = 50_000;

/** The budget of an evaluation is used up. It leaves the evaluator as an exception, because CEL's `||` would swallow an error. */
export class OverBudget extends Error {}

/** Names of the functions that the rewritten expressions charge through; nobody else can mean them. */
export const chargeName = 'plumbline_charge';
export const chargeDearlyName = 'plumbline_charge_dearly';

/** Steps that are left; several evaluations may share it, so that many small ones cost no more than a large one. */
export interface Meter {
  left: number;
}

/** A meter for one evaluation, or for `times` of them together. */
export function meter(times = 1): Meter {
  return { left: mostSteps * times };
}

let running: Meter = meter();

/** Runs `evaluate` on a meter. Evaluation is synchronous, so one running meter serves. */
export function withBudget<T>(budget: Meter, evaluate: () => T): T {
  running = budget;
  return evaluate();
}

/**
 * Functions that charge for a value and give it back: one step, and one more for every 16 characters or items in it; dearly, for
 * what a regular expression reads, one for every character.
 */
export function chargeFunctions(): CelFunc[] {
  return [chargeFunction(chargeName, 16), chargeFunction(chargeDearlyName, 1)];
}

function chargeFunction(name: string, perStep: number): CelFunc {
  const made = celFunc(name, [CelScalar.DYN], CelScalar.DYN, (value) => value);
  // The library turns exceptions of functions into CEL errors; this one has to end the evaluation.
  const call = (_id: number, _target: CelValue | undefined, [value]: readonly CelValue[]) => {
    running.left -= 1 + Math.floor(sizeOf(value) / perStep);
    if (running.left < 0) throw new OverBudget();
    return value;
  };
  Object.defineProperty(made, 'call', { value: call });
  return made;
}

function sizeOf(value: CelValue | undefined): number {
  if (typeof value === 'string') return value.length;
  return isCelList(value) || isCelMap(value) ? value.size : 0;
}
