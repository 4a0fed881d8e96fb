import { PackError, type PackFile, type Problem, readYaml } from '@plumbline/core';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { receiverKinds } from './receivers/index.ts';
import type { Receiver } from './receivers/receiver.ts';
import { RuleSpec, ruleProblem } from './rule-spec.ts';

/** What an alerts file says. */
export interface AlertsConfig {
  readonly receivers: readonly ConfiguredReceiver[];
  readonly rules: readonly RuleSpec[];
}

/** A receiver with the text of its entry: the same text is the same receiver. */
export interface ConfiguredReceiver extends Receiver {
  readonly entry: string;
}

/** What holds without an alerts file: nothing is told to anybody. */
export const noAlerts: AlertsConfig = { receivers: [], rules: [] };

const kinds = [...receiverKinds.keys()];
const Entry = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  kind: Type.Union(kinds.map((kind) => Type.Literal(kind))),
});
const AlertsFile = Type.Object(
  {
    receivers: Type.Array(Entry, { maxItems: 100 }),
    rules: Type.Optional(Type.Array(RuleSpec, { maxItems: 1000 })),
  },
  { additionalProperties: false },
);
type AlertsFile = Static<typeof AlertsFile>;
type Say = (path: readonly (string | number)[], message: string) => void;

/** Reads an alerts file. Throws PackError (PLB_CONFIG_INVALID) with file and line of every problem. */
export function readAlerts(file: string, text: string): AlertsConfig {
  const problems: Problem[] = [];
  const read = readYaml<AlertsFile>(file, text, AlertsFile, problems);
  const config = read && { receivers: receiversOf(file, read, problems), rules: rulesOf(file, read, problems) };
  if (!config || problems.length > 0)
    throw new PackError(problems.map((one) => ({ ...one, code: 'PLB_CONFIG_INVALID' as const })));
  return config;
}

function sayer(file: string, read: PackFile<AlertsFile>, problems: Problem[]): Say {
  return (path, message) =>
    problems.push({
      code: 'PLB_CONFIG_INVALID',
      file,
      line: read.lineOf(path),
      message: `/${path.join('/')}: ${message}`,
    });
}

function receiversOf(file: string, read: PackFile<AlertsFile>, problems: Problem[]): readonly ConfiguredReceiver[] {
  const say = sayer(file, read, problems);
  const names = new Set<string>();
  return read.value.receivers.flatMap((entry, index) => {
    const path = ['receivers', index] as const;
    const { name, kind, ...spec } = entry;
    if (names.has(name)) say([...path, 'name'], `a second receiver ${name}`);
    names.add(name);
    const of = receiverKinds.get(kind);
    if (!of) return [];
    const errors = [...Value.Errors(of.schema, spec)].slice(0, 3);
    for (const { instancePath, message } of errors) say([...path, ...steps(instancePath)], message);
    const places = placesOf(spec);
    if (places > 1 || (places === 0 && of.needsUrl)) say(path, 'give exactly one of url and urlFile');
    if (errors.length > 0) return [];
    return [{ ...of.make({ ...spec, name }), entry: JSON.stringify(entry) }];
  });
}

function placesOf(spec: object): number {
  return Number('url' in spec) + Number('urlFile' in spec);
}

function steps(instancePath: string): readonly (string | number)[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function rulesOf(file: string, read: PackFile<AlertsFile>, problems: Problem[]): readonly RuleSpec[] {
  const say = sayer(file, read, problems);
  const known = new Set(read.value.receivers.map((one) => one.name));
  const names = new Set<string>();
  const { rules = [] } = read.value;
  rules.forEach((rule, index) => {
    if (names.has(rule.name)) say(['rules', index, 'name'], `a second rule ${rule.name}`);
    names.add(rule.name);
    const problem = ruleProblem(rule);
    if (problem !== undefined) say(['rules', index], problem);
    rule.receivers.forEach((name, at) => {
      if (!known.has(name)) say(['rules', index, 'receivers', at], `there is no receiver ${name}`);
    });
  });
  return rules;
}
