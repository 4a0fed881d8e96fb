import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import { matchesGlob } from '../../glob.ts';

/** Does a value fit a pattern? `skip`: the pattern does not ask this value; `unclear`: nobody here knows what it asks. */
type Fit = 'yes' | 'no' | 'skip' | 'unclear';

/**
 * Patterns of Kyverno (`validate.pattern`): `=(key)` asks where the key is set, `X(key)` wants it not set, `(key)` is a condition for what stands beside it. A pattern of one item
 * asks every item of a list.
 */
export function fitsPattern(pattern: Json, value: Json | undefined): Fit {
  if (Array.isArray(pattern)) return fitsList(pattern, value);
  if (isJsonObject(pattern)) return fitsMap(pattern, value);
  return fitsScalar(pattern, value);
}

function fitsList(pattern: readonly Json[], value: Json | undefined): Fit {
  const [item] = pattern;
  if (pattern.length !== 1 || item === undefined) return 'unclear';
  if (!Array.isArray(value)) return 'no';
  return worst(value.map((one: Json) => fitsPattern(item, one)));
}

const anchor = /^([=X<^+]?)\(([^()]+)\)$/;

function fitsMap(pattern: JsonObject, value: Json | undefined): Fit {
  if (!isJsonObject(value)) return 'no';
  const entries = Object.entries(pattern).map(([key, wanted]) => {
    const [, sign, inner] = anchor.exec(key) ?? [undefined, 'plain', key];
    return { sign, key: inner ?? key, wanted };
  });
  for (const { sign, key, wanted } of entries) {
    if (sign !== '') continue;
    const fit = value[key] === undefined ? 'no' : fitsPattern(wanted, value[key]);
    if (fit !== 'yes') return fit === 'unclear' ? 'unclear' : 'skip';
  }
  return worst(
    entries.filter(({ sign }) => sign !== '').map(({ sign, key, wanted }) => fitsKey(sign, wanted, value[key])),
  );
}

function fitsKey(sign: string | undefined, wanted: Json, value: Json | undefined): Fit {
  switch (sign) {
    case '=':
      return value === undefined ? 'yes' : fitsPattern(wanted, value);
    case 'X':
      return value === undefined ? 'yes' : 'no';
    case 'plain':
      if (value !== undefined) return fitsPattern(wanted, value);
      return isNegative(wanted) ? 'unclear' : 'no';
    default:
      return 'unclear';
  }
}

/** What is not set may fit a pattern that only says what must not be. */
function isNegative(wanted: Json): boolean {
  return wanted === null || (typeof wanted === 'string' && (wanted.includes('!') || wanted === ''));
}

function worst(fits: readonly Fit[]): Fit {
  if (fits.includes('no')) return 'no';
  return fits.includes('unclear') ? 'unclear' : 'yes';
}

function fitsScalar(pattern: Json, value: Json | undefined): Fit {
  if (value === undefined || isJsonObject(value) || Array.isArray(value)) return 'unclear';
  if (typeof pattern !== 'string') return pattern === value ? 'yes' : 'no';
  if (pattern.includes('{{') || pattern.includes('$(')) return 'unclear';
  const fits = pattern.split('|').map((one) => fitsText(one.trim(), value));
  if (fits.includes('yes')) return 'yes';
  return fits.includes('unclear') ? 'unclear' : 'no';
}

function fitsText(pattern: string, value: Json): Fit {
  if (pattern.includes('&') || /\d-\d/.test(pattern)) return 'unclear';
  const [, sign, number] = /^(>=|<=|>|<)\s*(-?\d+)$/.exec(pattern) ?? [];
  if (sign !== undefined) return typeof value === 'number' ? yesNo(compares(sign, value, Number(number))) : 'no';
  if (pattern.startsWith('!')) return yesNo(!isText(pattern.slice(1), value));
  if (/^[<>=]/.test(pattern) || pattern.includes('?'))
    return pattern === '?*' ? yesNo(String(value) !== '') : 'unclear';
  return yesNo(isText(pattern, value));
}

function isText(pattern: string, value: Json): boolean {
  return matchesGlob([pattern], String(value));
}

function compares(sign: string, value: number, than: number): boolean {
  if (sign === '>') return value > than;
  if (sign === '<') return value < than;
  return sign === '>=' ? value >= than : value <= than;
}

function yesNo(holds: boolean): Fit {
  return holds ? 'yes' : 'no';
}
