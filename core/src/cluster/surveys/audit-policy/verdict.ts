import type { Evidence } from '../../../check/truth.ts';
import type { Part } from '../../control-plane.ts';
import { limited } from '../../evidence.ts';
import type { Answer, Place } from './answers.ts';
import type { PolicySource } from './audit-policy.ts';

/** The verdict on one policy: what is left out fails, what writes too much fails, what is left out by name is for a person to confirm. */
export function verdictOn(answers: readonly Answer[], every: boolean, source: PolicySource): Part {
  const lines = limited(linesOf(answers, source));
  const missing = answers.filter(({ least }) => least.level === 'None');
  if (!every) return anything(missing.length < answers.length, lines, source);
  const make = (status: Part['status'], reason: string, message: string): Part => ({
    ...{ status, reason, message },
    evidence: lines,
  });
  if (missing.length > 0)
    return make('fail', 'requests-left-out', `The policy does not record ${textOf(missing)} (${source.path}).`);
  const leaking = answers.filter(({ tooMuch }) => tooMuch);
  if (leaking.length > 0) {
    const message = `The policy writes bodies into the log for ${textOf(leaking)}, and with them what is secret (${source.path}).`;
    return make('fail', 'bodies-in-log', message);
  }
  const excepted = answers.find(({ except }) => except !== undefined);
  if (excepted?.except) {
    const message = `The policy leaves out by name what is done by ${placeText(excepted.except)} (${source.path}); confirm that this is meant.`;
    return make('warn', 'left-out-by-name', message);
  }
  return make('pass', 'as-expected', 'The policy records every request that was asked about, and no secret.');
}

function anything(some: boolean, evidence: readonly Evidence[], { path }: PolicySource): Part {
  if (some)
    return { status: 'pass', reason: 'as-expected', message: `An audit policy is in force (${path}).`, evidence };
  const message = `The policy records nothing of value for security (${path}).`;
  return { status: 'fail', reason: 'nothing-recorded', message, evidence };
}

function textOf(answers: readonly Answer[]): string {
  const byResource = [...Map.groupBy(answers, ({ resource }) => resource)];
  const shown = byResource
    .slice(0, 3)
    .map(([resource, some]) => `${some.map(({ verb }) => verb).join('/')} of ${resource}`);
  return byResource.length > 3 ? `${shown.join(', ')} and ${byResource.length - 3} more resources` : shown.join(', ');
}

/** One line for each resource and level: `get, list of secrets: Metadata (rule 3)`. */
function linesOf(answers: readonly Answer[], source: PolicySource): readonly Evidence[] {
  const alike = Map.groupBy(answers, (one) =>
    JSON.stringify([one.resource, one.least, one.most, one.except, one.tooMuch]),
  );
  return [...alike.values()].flatMap((some) => {
    const [first] = some;
    return first ? [lineOf(first, some.map(({ verb }) => verb).join(', '), source)] : [];
  });
}

function lineOf({ least, most, except, tooMuch, resource }: Answer, verbs: string, source: PolicySource): Evidence {
  const { level, rule } = tooMuch ? most : least;
  const where = rule === 0 ? 'no rule matches' : `rule ${rule}`;
  const but = except ? `; nothing for ${placeText(except)}` : '';
  const whose = level === 'None' ? ` for ${placeText(least)}` : '';
  const wrong = level === 'None' || tooMuch;
  return {
    fact: 'kube-apiserver.audit-policy',
    subject: source.subject,
    actual: `${verbs} of ${resource}: ${level}${whose} (${where})${but}`,
    expected: tooMuch ? 'recorded without bodies' : 'recorded at Metadata or above',
    origin: { kind: 'file', path: source.path, key: rule === 0 ? 'rules' : `rules[${rule - 1}]` },
    holds: wrong ? false : except ? null : true,
  };
}

function placeText({ user, namespace }: Place): string {
  return `${user} in ${namespace || 'the cluster'}`;
}
