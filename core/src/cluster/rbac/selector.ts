import { isJsonObject, type Json } from '../../json.ts';
import { fitsSelector } from '../selector.ts';

/** Does a label selector of the API select these labels; an empty one selects everything, one that is not understood nothing. */
export function selects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  return isJsonObject(selector) && fitsSelector(selector, labels) === true;
}
