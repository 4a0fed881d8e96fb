import { isJsonObject, type Json } from '../json.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Does a label selector of the API (`matchLabels`, `matchExpressions`) fit? An empty or missing selector fits everything, as in admission;
 * where missing means nothing, the caller decides. `undefined`: an operator that nobody knows, or a shape that the API would refuse.
 */
export function fitsSelector(selector: Json | undefined, labels: Labels): boolean | undefined {
  if (selector === undefined || selector === null) return true;
  if (!isJsonObject(selector)) return undefined;
  const wanted = selector['matchLabels'] ?? {};
  const expressions = selector['matchExpressions'] ?? [];
  if (!isJsonObject(wanted) || !Array.isArray(expressions)) return undefined;
  const parts = [
    ...Object.entries(wanted).map(([key, value]) => labelOf(labels, key) === value),
    ...expressions.map((one: Json) => fitsExpression(one, labels)),
  ];
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function fitsExpression(expression: Json, labels: Labels): boolean | undefined {
  if (!isJsonObject(expression)) return undefined;
  const key = expression['key'];
  const values: Json = expression['values'] ?? [];
  if (typeof key !== 'string' || !Array.isArray(values)) return undefined;
  const label = labelOf(labels, key);
  switch (expression['operator']) {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      return label === undefined || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    default:
      return undefined;
  }
}
