import type { Condition, Operators } from '../control.ts';
import { at, type Json } from '../json.ts';
import { instancesOf, observedValue } from '../node-view.ts';
import { settingName } from '../pack/references.ts';
import { reasonOf } from '../settings/from-observation.ts';
import { compareMinor, minorText, parseMinor } from '../version.ts';
import { type CheckContext, type SettingHere, settingsHere } from './context.ts';
import { anyFileLeaf, filesLeaf } from './files.ts';
import { type Comparison, compare, comparisonOf, expectation, expectationOf } from './operators.ts';
import { marked } from './pending.ts';
import { rules } from './rules/index.ts';
import { every, negate, some, type Truth, unknown } from './truth.ts';

/** The truth of a condition with its evidence. Never throws for what was observed. */
export function evaluate(context: CheckContext, condition: Condition): Truth {
  if ('all' in condition) return every(condition.all.map((one) => evaluate(context, one)));
  if ('any' in condition) return some(condition.any.map((one) => evaluate(context, one)));
  if ('not' in condition) return negate(evaluate(context, condition.not));
  return marked(context.node, leafTruth(context, condition), (node) => leafTruth({ ...context, node }, condition));
}

type Leaf = Exclude<Condition, { readonly all: unknown } | { readonly any: unknown } | { readonly not: unknown }>;

function leafTruth(context: CheckContext, condition: Leaf): Truth {
  if ('setting' in condition) return settingLeaf(context, condition);
  if ('files' in condition) return filesLeaf(context, condition.files, comparison(context, condition));
  if ('anyFile' in condition) return anyFileLeaf(context, condition.anyFile);
  if ('fact' in condition) return factLeaf(context, condition);
  if ('minor' in condition) return minorLeaf(context, condition.minor);
  if ('param' in condition) return paramLeaf(context, condition.param, comparison(context, condition));
  if ('running' in condition) return runningLeaf(context, condition.running);
  return ruleLeaf(context, condition);
}

function comparison(context: CheckContext, leaf: Operators): Comparison {
  return comparisonOf(leaf, (param) => context.params[param] ?? '') ?? { operator: 'set', operand: null };
}

type SettingLeaf = { readonly setting: string; readonly stated?: boolean } & Operators;

function settingLeaf(context: CheckContext, leaf: SettingLeaf): Truth {
  return every(settingsHere(context, leaf.setting).map((here) => settingTruth(context, leaf, here)));
}

function settingTruth(context: CheckContext, leaf: SettingLeaf, { subject, setting }: SettingHere): Truth {
  const { key } = settingName(context.control, leaf.setting);
  const wanted =
    leaf.stated === true && comparisonOf(leaf, () => '') === undefined ? undefined : comparison(context, leaf);
  const text = wanted && (setting.known ? expectationOf(setting.value, wanted) : expectation(wanted));
  const expected = [text ?? '', leaf.stated ? 'written down' : ''].filter(Boolean).join(', ');
  const fact = `setting ${key}`;
  // Only a default that nobody overrides depends on the version, so it is certain that nobody wrote the setting down.
  if (leaf.stated === true && !setting.known && setting.reason === 'version-unknown') {
    const evidence = { fact, subject, actual: null, expected, origin: setting.origin, holds: false };
    return { holds: false, evidence: [evidence] };
  }
  if (!setting.known) {
    return unknown(setting.reason, setting.detail, [
      { fact, subject, actual: null, expected, origin: setting.origin, holds: null },
    ]);
  }
  const holds = (wanted ? compare(setting.value, wanted) : true) && (leaf.stated !== true || setting.stated);
  return { holds, evidence: [{ fact, subject, actual: setting.value, expected, origin: setting.origin, holds }] };
}

function factLeaf(
  context: CheckContext,
  leaf: { readonly fact: string; readonly of?: string; readonly path?: string } & Operators,
): Truth {
  const wanted = comparison(context, leaf);
  const subject = leaf.of ?? context.instance ?? 'node';
  const observation = context.node.view.get(leaf.fact, subject);
  const expected = expectation(wanted);
  const key = leaf.path ?? '';
  if (observation?.state === 'absent' && wanted.operator === 'unset') {
    return {
      holds: true,
      evidence: [
        {
          fact: leaf.fact,
          subject,
          actual: null,
          expected,
          origin: { kind: 'process' },
          holds: true,
          observedAt: observation.observedAt,
        },
      ],
    };
  }
  const value = observedValue<Json>(observation);
  if (!observation || value === undefined)
    return unknown(reasonOf(observation), observation?.detail ?? `${leaf.fact} of ${subject} was not observed`);
  const actual = leaf.path === undefined ? value : (at(value, leaf.path) ?? null);
  const holds = compare(actual, wanted);
  const path = at(value, 'path');
  return {
    holds,
    evidence: [
      {
        fact: leaf.fact,
        subject,
        actual,
        expected,
        origin: { kind: 'file', ...(typeof path === 'string' ? { path } : {}), key },
        holds,
        observedAt: observation.observedAt,
      },
    ],
  };
}

function minorLeaf(context: CheckContext, range: { readonly atLeast?: string; readonly below?: string }): Truth {
  const component = context.control.subject;
  const minor = context.node.minorOf(component);
  if (!minor) return unknown('version-unknown', `the Kubernetes version of ${component} is not known`);
  const from = parseMinor(range.atLeast);
  const to = parseMinor(range.below);
  const holds = (!from || compareMinor(minor, from) >= 0) && (!to || compareMinor(minor, to) < 0);
  const expected = [from ? `${range.atLeast} or later` : '', to ? `before ${range.below}` : '']
    .filter(Boolean)
    .join(', ');
  return {
    holds,
    evidence: [
      {
        fact: 'version',
        subject: context.instance ?? component,
        actual: minorText(minor),
        expected,
        origin: { kind: 'object', key: 'version' },
        holds,
      },
    ],
  };
}

function paramLeaf(context: CheckContext, param: string, wanted: Comparison): Truth {
  return { holds: compare(context.params[param] ?? null, wanted), evidence: [] };
}

function runningLeaf(context: CheckContext, component: string): Truth {
  const observation = context.node.view.get('component', component);
  if (!observation || (observation.state !== 'observed' && observation.state !== 'absent')) {
    return unknown(reasonOf(observation), observation?.detail ?? `whether ${component} runs was not observed`);
  }
  const instances = instancesOf(context.node.view, component);
  const holds = instances.length > 0;
  return {
    holds,
    evidence: [
      {
        fact: 'component',
        subject: component,
        actual: holds ? instances.join(', ') : 'not running',
        expected: 'running',
        origin: { kind: 'process' },
        holds,
        observedAt: observation.observedAt,
      },
    ],
  };
}

function ruleLeaf(context: CheckContext, leaf: Extract<Condition, { rule: string }>): Truth {
  const rule = rules.get(leaf.rule);
  if (!rule) return unknown('no-check', `there is no rule ${leaf.rule}`);
  const operands = Object.entries(leaf.with ?? {}).map(([name, operand]) => {
    const comparisonOfOperand = comparisonOf({ equals: operand }, (param) => context.params[param] ?? '');
    const literal = comparisonOfOperand?.operand;
    return [name, Array.isArray(literal) ? literal : String(literal)] as const;
  });
  return rule(context, Object.fromEntries(operands));
}
