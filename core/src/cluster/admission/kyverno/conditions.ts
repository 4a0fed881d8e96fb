import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../../pod-security/pod.ts';
import type { Rule } from '../probe/refused.ts';

const lists = /^request\.object\.spec\.\[([A-Za-z,]+)\]\[\]$/;
const taken = /^(.*)\.securityContext\.capabilities\.(add|drop)\[\](?:\.to_upper\(@\))?(?:\|\|`\[\]`)?$/;

/** The inside of `{{ … }}` without spaces; undefined for other texts. */
function expression(text: Json | undefined): string | undefined {
  return typeof text === 'string' ? /^\{\{(.*)\}\}$/.exec(text.replace(/\s/g, ''))?.[1] : undefined;
}

/**
 * `deny` of Kyverno in the forms that are in use for capabilities: what is added lies outside of a list, or ALL (or another name) is not in what is dropped. Its
 * language (JMESPath) can say anything; every other form is not understood.
 */
export function denyRule(deny: JsonObject): Rule | undefined {
  const found = oneCondition(deny);
  const added = found && outside(found, (text) => listsOf(/^(.*)\.securityContext/.exec(text)?.[1] ?? ''));
  if (!added) return undefined;
  return (pod) => (containersIn(pod, added.lists).some(added.breaks) ? 'refused' : 'admitted');
}

/** `foreach` over containers with such a condition on each. */
export function foreachRule(items: readonly JsonObject[]): Rule | undefined {
  const parts = items.map((item) => {
    const over = listsOf((textIn(item, 'list') ?? '').replace(/\s/g, ''));
    const found = Object.keys(item).every((key) => ['list', 'deny', 'elementScope'].includes(key))
      ? oneCondition(objectIn(item, 'deny'))
      : undefined;
    return found && over ? outside(found, (text) => (text.startsWith('element.') ? over : undefined)) : undefined;
  });
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  return (pod) =>
    parts.some((part) => part && containersIn(pod, part.lists).some(part.breaks)) ? 'refused' : 'admitted';
}

function listsOf(text: string): readonly string[] | undefined {
  return lists.exec(text)?.[1]?.split(',');
}

function containersIn(pod: JsonObject, names: readonly string[]): readonly JsonObject[] {
  return names.flatMap((name) => objectsIn(objectIn(pod, 'spec'), name));
}

/** The one condition of a `deny`, in whichever way it is written down. */
function oneCondition(deny: JsonObject): JsonObject | undefined {
  const conditions = deny['conditions'];
  const all = Array.isArray(conditions)
    ? conditions
    : isJsonObject(conditions)
      ? [...objectsIn(conditions, 'all'), ...objectsIn(conditions, 'any')]
      : [];
  const [one] = all;
  return all.length === 1 && isJsonObject(one) ? one : undefined;
}

interface Outside {
  readonly lists: readonly string[];
  readonly breaks: (container: JsonObject) => boolean;
}

/** `key` names what must lie in `value`; one of both is taken from containers. */
function outside(condition: JsonObject, where: (text: string) => readonly string[] | undefined): Outside | undefined {
  if (condition['operator'] !== 'AnyNotIn' && condition['operator'] !== 'NotIn') return undefined;
  const [key, value] = [expression(condition['key']), expression(condition['value'])];
  const text = key ?? value ?? '';
  const [, , field] = taken.exec(text) ?? [];
  const places = where(text);
  if (field === undefined || places === undefined || (key !== undefined && value !== undefined)) return undefined;
  const held = (container: JsonObject) =>
    textsIn(objectIn(objectIn(container, 'securityContext'), 'capabilities'), field);
  if (key !== undefined) {
    const allowed = textsIn(condition, 'value');
    return { lists: places, breaks: (container) => held(container).some((name) => !allowed.includes(name)) };
  }
  const wanted = textIn(condition, 'key') ?? '';
  return wanted === '' ? undefined : { lists: places, breaks: (container) => !held(container).includes(wanted) };
}

/** Are these conditions true for every new pod? Only those that leave deletions out are understood. */
export function asksEveryPod(conditions: Json | undefined): boolean {
  if (conditions === undefined || conditions === null) return true;
  const text = JSON.stringify(conditions).replace(/\s/g, '');
  const item = String.raw`\{"key":"\{\{request\.operation(?:\|\|'BACKGROUND')?\}\}","operator":"(?:NotEquals|NotEqual|AnyNotIn|NotIn)","value":(?:"DELETE"|\["DELETE"\])\}`;
  return new RegExp(String.raw`^(?:\[\]|\[${item}\]|\{"(?:all|any)":\[${item}\]\})$`).test(text);
}
