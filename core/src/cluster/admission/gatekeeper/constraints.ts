import type { Evidence } from '../../../check/truth.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import { matchesGlob } from '../../glob.ts';
import type { ClusterObject } from '../../objects.ts';
import { type CheckSet, withImplied } from '../../pod-security/index.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../../pod-security/pod.ts';
import { longestBeginning } from '../../project/keep.ts';
import { constraints } from '../../resources.ts';
import { fitsSelector } from '../../selector.ts';
import type { ClusterContext } from '../../survey.ts';
import { type EngineRule, line, mentionedIn, withoutEphemeral } from '../engine-rule.ts';
import { isEmpty, labelsOf, narrower, type Reach } from '../match.ts';
import { type EngineHook, hookOf, isGatekeeper } from '../webhooks.ts';
import { libraryChecks, libraryPackage } from './library.ts';

const templates = 'templates.gatekeeper.sh/constrainttemplates';

const configs = 'config.gatekeeper.sh/configs';

export const gatekeeperResources: readonly string[] = [templates, constraints, configs];

/** Constraints of Gatekeeper that deny. Without its webhook, or without the template of their kind, they do nothing. */
export function gatekeeperRules(context: ClusterContext): readonly EngineRule[] {
  const hook = hookOf(context, isGatekeeper);
  if (!hook) return [];
  const asked = withoutExempt(hook, context.view.all(configs));
  return context.view.all(constraints).flatMap((constraint) => {
    const spec = objectIn(constraint.fields, 'spec');
    const template = context.view.get(templates, '', constraint.kind.toLowerCase());
    return template && denies(spec) ? [ruleOf(constraint, template, spec, asked)] : [];
  });
}

/** What Gatekeeper's own configuration, the Config of the name `config`, takes out of admission for every constraint. */
function withoutExempt(hook: EngineHook, all: readonly ClusterObject[]): EngineHook {
  const config = all.filter(({ name }) => name === 'config');
  const globs = config
    .flatMap(({ fields }) => objectsIn(objectIn(fields, 'spec'), 'match'))
    .filter((one) => textsIn(one, 'processes').some((process) => process === '*' || process === 'webhook'))
    .flatMap((one) => textsIn(one, 'excludedNamespaces'));
  const unread = config.some(({ malformed }) => malformed !== undefined);
  const left = unread ? ('unclear' as const) : ('whole' as const);
  return {
    ...hook,
    reach: (namespace) => (matchesGlob(globs, namespace.name) ? 'none' : narrower(left, hook.reach(namespace))),
  };
}

function denies(spec: JsonObject): boolean {
  const action = textIn(spec, 'enforcementAction') ?? 'deny';
  if (action !== 'scoped') return action === 'deny';
  return objectsIn(spec, 'scopedEnforcementActions').some((one) => {
    const points = objectsIn(one, 'enforcementPoints').map((point) => textIn(point, 'name'));
    return one['action'] === 'deny' && points.some((name) => name === '*' || name === 'validation.gatekeeper.sh');
  });
}

function ruleOf(constraint: ClusterObject, template: ClusterObject, spec: JsonObject, hook: EngineHook): EngineRule {
  const parameters = objectIn(spec, 'parameters');
  const checks = isWhole(constraint, template) ? libraryChecks(constraint.kind, parameters) : undefined;
  const effect = checks === undefined ? undefined : { refused: withImplied(checks), butEphemeral: 0, unclear: false };
  return {
    policy: constraint,
    key: 'spec.parameters',
    effect: effect && !(hook.ephemeral && seesDebugging(template)) ? withoutEphemeral(effect) : effect,
    mentions: mentions(constraint, template),
    reach: (namespace) => {
      const left = leavesOutMany(parameters) ? ('partly' as const) : ('whole' as const);
      return narrower(left, narrower(matchReach(objectIn(spec, 'match'), namespace), hook.reach(namespace)));
    },
    notes: [...hook.notes, ...exempted(constraint, parameters)],
  };
}

/**
 * A template that carries the name of one of the library has to have its package too: who writes another one under that name would be taken at their word otherwise. What its Rego says is
 * not read.
 */
function isWhole(constraint: ClusterObject, template: ClusterObject): boolean {
  const spec = objectIn(constraint.fields, 'spec');
  const odd = ['match', 'parameters'].some((key) => spec[key] !== undefined && !isJsonObject(spec[key]));
  if (odd || (constraint.malformed ?? []).length > 0) return false;
  const name = libraryPackage(constraint.kind);
  return name !== undefined && codeOf(template).some((rego) => new RegExp(`\\bpackage\\s+${name}\\b`).test(rego));
}

function codeOf(template: ClusterObject): readonly string[] {
  return objectsIn(objectIn(template.fields, 'spec'), 'targets').flatMap((target) => [
    textIn(target, 'rego') ?? '',
    ...objectsIn(target, 'code').map((code) => textIn(objectIn(code, 'source'), 'rego') ?? ''),
  ]);
}

/**
 * Are containers for debugging looked at? They come as an update of the pod: releases of the library that know nothing of them, and those that leave updates out because the fields of
 * other containers never change, let them in.
 */
function seesDebugging(template: ClusterObject): boolean {
  const code = codeOf(template).filter((rego) => rego !== '');
  return code.every((rego) => rego.includes('ephemeralContainers') && !rego.includes('is_update'));
}

/** What code that is not read may be about: everything where only its beginning is kept. */
function mentions(constraint: ClusterObject, template: ClusterObject): CheckSet {
  const text = JSON.stringify([constraint.kind, constraint.fields, template.fields]);
  const named = libraryPackage(constraint.kind) !== undefined;
  return named || text.length > longestBeginning ? -1 : mentionedIn(text);
}

/** Images that a constraint leaves out. */
function exempted(constraint: ClusterObject, parameters: JsonObject): readonly Evidence[] {
  const images = textsIn(parameters, 'exemptImages');
  if (images.length === 0) return [];
  const where = { policy: constraint, key: 'spec.parameters.exemptImages' };
  return [line(where, `leaves out ${images.slice(0, 5).join(', ')}`, null)];
}

/** `*`, or a registry with a star, leaves out images that anybody may bring. */
function leavesOutMany(parameters: JsonObject): boolean {
  return textsIn(parameters, 'exemptImages').some((glob) => /^[^/]*\/?\*/.test(glob));
}

function matchReach(match: JsonObject, namespace: ClusterObject): Reach {
  const kinds = objectsIn(match, 'kinds');
  if (kinds.length > 0 && !kinds.some(takesPods)) return 'none';
  if (textIn(match, 'scope') === 'Cluster') return 'none';
  const within = match['namespaces'];
  if (within !== undefined && !isNamed(textsIn(match, 'namespaces'), namespace)) return 'none';
  if (isNamed(textsIn(match, 'excludedNamespaces'), namespace)) return 'none';
  const fits = fitsSelector(match['namespaceSelector'], labelsOf(namespace));
  if (fits !== true) return fits === false ? 'none' : 'unclear';
  const named = typeof match['name'] === 'string' && match['name'] !== '' && match['name'] !== '*';
  return named || !isEmpty(match['labelSelector']) ? 'partly' : 'whole';
}

function takesPods(kind: JsonObject): boolean {
  const has = (key: string, wanted: readonly string[]) => {
    const list: Json | undefined = kind[key];
    return list === undefined || textsIn(kind, key).some((one) => wanted.includes(one));
  };
  return has('apiGroups', ['', '*']) && has('kinds', ['Pod', '*']);
}

function isNamed(globs: readonly string[], namespace: ClusterObject): boolean {
  return matchesGlob(globs, namespace.name);
}
