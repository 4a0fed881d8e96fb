import type { Benchmark } from '../benchmark.ts';
import type { Pack } from '../pack/pack.ts';
import type { Attestation, AttestationRequest, Waiver, WaiverRequest } from '../waiver.ts';
import { termsOf } from './applies.ts';

/** What was decided, before it has an id. */
export type DecisionContent = Omit<Waiver, 'id'> | Omit<Attestation, 'id'>;

/** What is wrong with a request, and with which field. */
export interface DecisionProblem {
  readonly field: keyof WaiverRequest | keyof AttestationRequest;
  readonly message: string;
}

/** Longer ahead nobody looks at it again. */
const mostAheadMs = 2 * 366 * 86_400_000;
const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
const isNumber = (text: string) => /^\d+(\.\d+)+$/.test(text);
const term = /^!?([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** What requests are checked against. `past`: an end that is over is no mistake; a file outlives what stands in it. */
export interface RequestContext {
  readonly pack: Pick<Pack, 'controls' | 'benchmarks'>;
  readonly now: number;
  readonly past?: boolean;
}

/** A request with its control by slug and its end as a time, or everything that is wrong with it. The shape was checked before. */
export function decisionOf(
  request: WaiverRequest | AttestationRequest,
  context: RequestContext,
): { readonly problems: readonly DecisionProblem[]; readonly decision?: DecisionContent } {
  const problems: DecisionProblem[] = [];
  const say = (field: DecisionProblem['field'], message: string) => problems.push({ field, message });
  const control = controlOf(request, context.pack, say);
  const expires = expiresOf(request.expires, context, say);
  checkSelector(request.nodeSelector, say);
  if ('kind' in request && request.kind === 'mitigated' && request.compensating === undefined)
    say('compensating', 'a mitigated risk needs the measure that covers it');
  const { number: _, control: __, ...rest } = request;
  if (control === undefined || expires === undefined || problems.length > 0) return { problems };
  return { problems, decision: { ...rest, control, expires } };
}

type Say = (field: DecisionProblem['field'], message: string) => void;

function controlOf(
  request: WaiverRequest | AttestationRequest,
  pack: RequestContext['pack'],
  say: Say,
): string | undefined {
  const { control, number, benchmark } = request;
  const document = pack.benchmarks.find((one) => one.benchmark === benchmark);
  if (benchmark !== undefined && !document) say('benchmark', `there is no benchmark ${benchmark}`);
  else if (control !== undefined && number !== undefined)
    say('number', 'give a control by its slug or by its number, not both');
  else if (number !== undefined) return numbered('number', number, pack, document, say);
  else if (control !== undefined && isNumber(control)) return numbered('control', control, pack, document, say);
  else if (control === undefined) say('control', 'say which control it is about');
  else if (!pack.controls.has(control)) say('control', `there is no control ${control}`);
  else if (document && !document.controls.some((entry) => entry.control === control))
    say('control', `${benchmark} has no control ${control}`);
  return control;
}

function numbered(
  field: 'control' | 'number',
  label: string,
  { benchmarks }: RequestContext['pack'],
  document: Benchmark | undefined,
  say: Say,
): string | undefined {
  const entryOf = (one: Benchmark | undefined) => one?.controls.find((entry) => entry.number === label);
  if (!benchmarks.some(entryOf)) say(field, `there is no control ${label}`);
  else if (!document) say('benchmark', `a number means other controls in other documents: say in which ${label} is`);
  else if (!entryOf(document)) say(field, `${document.benchmark} has no control ${label}`);
  return entryOf(document)?.control;
}

function expiresOf(text: string, { now, past = false }: RequestContext, say: Say): string | undefined {
  const at = time.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    say('expires', `${text} is no date or time in ISO 8601, such as 2027-01-31`);
    return undefined;
  }
  if (at <= now && !past) say('expires', 'it would be over already');
  if (at > now + mostAheadMs) say('expires', 'at most two years ahead: longer, and nobody looks at it again');
  return new Date(at).toISOString();
}

function checkSelector(selector: string | undefined, say: Say): void {
  for (const one of selector === undefined ? [] : termsOf(selector)) {
    if (one.includes('=')) say('nodeSelector', `values of labels are not kept: ask for the key alone, not for ${one}`);
    else if (!term.test(one)) say('nodeSelector', `${one || 'nothing'} is no key of a label`);
  }
}
