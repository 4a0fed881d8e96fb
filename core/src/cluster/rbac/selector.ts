import { at, isJsonObject, type Json } from '../../json.ts';

/** Does a label selector of the API select these labels; an empty one selects everything, one that is not understood nothing. */
export function selects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!isJsonObject(selector)) return false;
  const wanted = at(selector, 'matchLabels');
  const expressions = at(selector, 'matchExpressions');
  const equal = Object.entries(isJsonObject(wanted) ? wanted : {}).every(
    ([key, value]) => labelOf(labels, key) === value,
  );
  return equal && (Array.isArray(expressions) ? expressions : []).every((one: Json) => meets(one, labels));
}

function meets(expression: Json, labels: Readonly<Record<string, string>>): boolean {
  const key = at(expression, 'key');
  const list = at(expression, 'values');
  if (typeof key !== 'string') return false;
  const value = labelOf(labels, key);
  const listed = value !== undefined && Array.isArray(list) && list.includes(value);
  switch (at(expression, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

function labelOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
