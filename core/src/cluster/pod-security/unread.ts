import { type CheckSet, checkNames, checkSet, podChecks } from './checks.ts';

/** `keep` stops listing at twenty: then anything may be missing. */
const mostListed = 20;

/** Checks that rest on fields which a projection named as malformed: of a wrong type or too large, so that nobody knows whether they hold. */
export function unreadChecks(malformed: readonly string[]): CheckSet {
  if (malformed.length === 0) return 0;
  if (malformed.length >= mostListed) return checkSet(checkNames);
  const paths = malformed.map(normal);
  return checkSet(checkNames.filter((name) => podChecks[name].reads.some((field) => touches(paths, field))));
}

function normal(path: string): string {
  const below = path.replace(/^spec\.(jobTemplate\.spec\.)?template\./, '');
  if (below.startsWith('metadata.annotations')) return 'a:';
  const inner = /^spec\.(?:initContainers|containers|ephemeralContainers)(?:\[\]\.?)?(.*)$/.exec(below);
  if (inner) return `c:${inner[1]}`;
  return below === 'spec' ? 'all' : below.replace(/^spec\./, 'p:');
}

function touches(paths: readonly string[], field: string): boolean {
  return paths.some((path) => {
    if (path === 'all' || path === field || path === field.slice(0, 2)) return true;
    return isBelow(path, field) || isBelow(field, path);
  });
}

function isBelow(path: string, above: string): boolean {
  return path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
}
