import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import { matchesGlob } from '../../glob.ts';
import type { ClusterObject } from '../../objects.ts';
import { objectIn, objectsIn, textsIn } from '../../pod-security/pod.ts';
import { fitsSelector } from '../../selector.ts';
import { isEmpty, labelsOf, narrower, type Reach, wider } from '../match.ts';

const pods = new Set(['*', '*/*', 'Pod', 'v1/Pod', '*/Pod', '*/v1/Pod']);
const people = ['subjects', 'roles', 'clusterRoles'];

/** How far `match` of a rule or of an exception reaches into a namespace. */
export function matchReach(match: JsonObject, namespace: ClusterObject): Reach {
  const any = objectsIn(match, 'any').map((block) => blockReach(block, namespace));
  const all = objectsIn(match, 'all').map((block) => blockReach(block, namespace));
  if (any.length > 0) return any.reduce(wider);
  if (all.length > 0) return all.reduce(narrower);
  return isJsonObject(match['resources']) ? blockReach(match, namespace) : 'unclear';
}

/** What `exclude` leaves over. People who are left out are a hole, and no reason to say that nothing is refused. */
export function excludedReach(exclude: Json | undefined, namespace: ClusterObject): Reach | 'people' {
  if (exclude === undefined || exclude === null) return 'none';
  if (!isJsonObject(exclude)) return 'unclear';
  if (Object.keys(exclude).length === 0) return 'none';
  const blocks = [...objectsIn(exclude, 'any'), ...objectsIn(exclude, 'all')];
  const own = blocks.length > 0 ? blocks : [exclude];
  const reaches = own.map((block) => {
    const reach = blockReach(block, namespace);
    return reach !== 'none' && hasPeople(block) ? 'people' : reach;
  });
  if (objectsIn(exclude, 'all').length > 1) return reaches.includes('none') ? 'none' : 'partly';
  return (['whole', 'unclear', 'partly', 'people'] as const).find((one) => reaches.includes(one)) ?? 'none';
}

function hasPeople(block: JsonObject): boolean {
  return people.some((key) => Array.isArray(block[key]) && (block[key] as readonly Json[]).length > 0);
}

function blockReach(block: JsonObject, namespace: ClusterObject): Reach {
  const resources = objectIn(block, 'resources');
  const kinds = textsIn(resources, 'kinds');
  if (kinds.length > 0 && !kinds.some((kind) => pods.has(kind))) return 'none';
  const operations = textsIn(resources, 'operations');
  if (operations.length > 0 && !operations.includes('CREATE')) return 'none';
  const namespaces = textsIn(resources, 'namespaces');
  // Kyverno's `?` is one character, which globs here do not know.
  if (namespaces.some((glob) => glob.includes('?'))) return 'unclear';
  if (namespaces.length > 0 && !matchesGlob(namespaces, namespace.name)) return 'none';
  const fits = fitsSelector(resources['namespaceSelector'], labelsOf(namespace));
  if (fits !== true) return fits === false ? 'none' : 'unclear';
  const some = ['name', 'names', 'annotations'].some(
    (key) => resources[key] !== undefined && !isEveryName(resources[key]),
  );
  return some || !isEmpty(resources['selector']) || hasPeople(block) ? 'partly' : 'whole';
}

function isEveryName(value: Json | undefined): boolean {
  return value === '*' || (Array.isArray(value) && (value.length === 0 || value.includes('*')));
}
