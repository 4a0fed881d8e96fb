import Value from 'typebox/value';
import { compileCel } from '../cel/program.ts';
import { rules } from '../check/rules/index.ts';
import { surveys } from '../cluster/surveys/index.ts';
import { type Check, type Condition, type Control, operatorNames } from '../control.ts';
import { facts } from '../facts.ts';
import { derivedApiserverSettings } from '../settings/apiserver.ts';
import { specOf } from '../settings/find-default.ts';
import type { Pack } from './pack.ts';
import type { PackFile, Problem } from './yaml.ts';

type Path = readonly (string | number)[];

/** Every name that a control mentions must exist: settings, facts, named files, parameters, rules; and its operators must be sane. */
export function checkReferences(
  pack: Pack,
  files: ReadonlyMap<string, { readonly control: Control; readonly read: PackFile<unknown> }>,
  problems: Problem[],
): void {
  for (const [file, { control, read }] of files) {
    const say = (path: Path, message: string) =>
      problems.push({ code: 'PLB_PACK_RULE', file, line: read.lineOf(path), message });
    for (const part of ['check', 'letter'] as const) {
      const check = control[part];
      if (!check) continue;
      if ((control.subject === 'cluster') !== (check.survey !== undefined))
        say([part], 'a survey judges the cluster, and nothing else does');
      if (check.survey !== undefined) checkSurvey(control, check, [part], say);
      else walkCheck(check, [part], (condition, path) => checkLeaf(pack, control, condition, path, say), say);
    }
  }
}

/** The survey must exist and its operands, defaults of parameters put in, must be what it takes. */
function checkSurvey(control: Control, check: Check, path: Path, say: Say): void {
  const survey = surveys.get(String(check.survey));
  if (!survey) {
    say([...path, 'survey'], `there is no survey ${check.survey}`);
    return;
  }
  const operands = Object.entries(check.with ?? {}).map(([name, value]) => {
    const param = typeof value === 'object' && value !== null && 'param' in value ? String(value['param']) : undefined;
    if (param === undefined) return [name, value] as const;
    checkParam(control, param, [...path, 'with', name], say);
    return [name, control.params[param]?.default ?? ''] as const;
  });
  for (const { path: own, text, variables } of survey.expressions?.(check.with ?? {}) ?? []) {
    const compiled = compileCel(text, variables);
    if ('problem' in compiled) say([...path, 'with', ...own], `is no expression of CEL: ${compiled.problem}`);
  }
  for (const error of [...Value.Errors(survey.schema, Object.fromEntries(operands))].slice(0, 3)) {
    const steps = error.instancePath.split('/').slice(1);
    say(
      [...path, 'with', ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))],
      `${error.instancePath || 'with'}: ${error.message}`,
    );
  }
}

function walkCheck(
  check: Check,
  path: Path,
  visit: (condition: Condition, path: Path) => void,
  say: (path: Path, message: string) => void,
): void {
  if (check.pass) walk(check.pass, [...path, 'pass'], visit);
  const clauses = check.decide ?? [];
  clauses.forEach((clause, index) => {
    if (clause.when) walk(clause.when, [...path, 'decide', index, 'when'], visit);
    const last = index === clauses.length - 1;
    if (last === (clause.when !== undefined))
      say([...path, 'decide', index], 'only the last clause of a decision has no `when`');
  });
}

function walk(condition: Condition, path: Path, visit: (condition: Condition, path: Path) => void): void {
  if ('all' in condition)
    condition.all.forEach((one, index) => {
      walk(one, [...path, 'all', index], visit);
    });
  else if ('any' in condition)
    condition.any.forEach((one, index) => {
      walk(one, [...path, 'any', index], visit);
    });
  else if ('not' in condition) walk(condition.not, [...path, 'not'], visit);
  else visit(condition, path);
}

/** Component and key of a setting name: `kubelet:config` or a key of the control's own component. */
export function settingName(
  control: Pick<Control, 'subject'>,
  name: string,
): { readonly component: string; readonly key: string } {
  const cut = name.indexOf(':');
  return cut < 0
    ? { component: control.subject, key: name }
    : { component: name.slice(0, cut), key: name.slice(cut + 1) };
}

type Say = (path: Path, message: string) => void;

function checkLeaf(pack: Pack, control: Control, condition: Condition, path: Path, say: Say): void {
  if ('setting' in condition && !knownSetting(pack, control, condition.setting)) {
    const { component, key } = settingName(control, condition.setting);
    say([...path, 'setting'], `${component} has no setting ${key}`);
  }
  if ('files' in condition) checkSet(pack, condition.files, path, say);
  if ('anyFile' in condition) checkSet(pack, condition.anyFile, path, say);
  if ('fact' in condition && !facts.has(condition.fact)) say([...path, 'fact'], `there is no fact ${condition.fact}`);
  if ('param' in condition) checkParam(control, condition.param, [...path, 'param'], say);
  if ('rule' in condition && !rules.has(condition.rule)) say([...path, 'rule'], `there is no rule ${condition.rule}`);
  checkOperators(control, condition, path, say);
}

function knownSetting(pack: Pack, control: Control, name: string): boolean {
  const { component, key } = settingName(control, name);
  if (component === 'kube-apiserver' && key in derivedApiserverSettings) return true;
  if (specOf(pack.defaults, component, key)) return true;
  const [top, ...rest] = key.split('.');
  return rest.length > 0 && specOf(pack.defaults, component, String(top))?.type === 'map';
}

function checkSet(pack: Pack, name: string, path: Path, say: Say): void {
  if (!pack.platforms.some((platform) => name in platform.files))
    say(path, `no platform says where the files ${name} are`);
}

function checkParam(control: Control, name: string, path: Path, say: Say): void {
  if (!(name in control.params)) say(path, `there is no parameter ${name}`);
}

/** Found here, because judging must not throw. */
function checkPattern(pattern: string, path: Path, say: Say): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    say(path, `is no regular expression: ${error}`);
  }
}

function checkOperators(control: Control, condition: Condition, path: Path, say: Say): void {
  const named = operatorNames.filter((name) => name in condition);
  const wants = ['setting', 'files', 'fact', 'param'].some((kind) => kind in condition) ? 1 : 0;
  const stated = 'setting' in condition && condition.stated === true && named.length === 0;
  if (named.length !== wants && !stated)
    say(path, `a leaf takes exactly ${wants} operator, this one has ${named.length}`);
  for (const name of named) {
    const operand = (condition as Readonly<Record<string, unknown>>)[name];
    if (typeof operand === 'object' && operand !== null && 'param' in operand)
      checkParam(control, String(operand.param), [...path, name], say);
    if (name === 'matches' && typeof operand === 'string') checkPattern(operand, [...path, name], say);
  }
}
