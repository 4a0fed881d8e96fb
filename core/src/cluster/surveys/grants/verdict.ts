import type { Status } from '../../../control.ts';
import { compareMinor, parseMinor } from '../../../version.ts';
import { counted } from '../../../words.ts';
import { limited } from '../../evidence.ts';
import { breadthOf } from '../../rbac/grantee.ts';
import { type Path, pathEvidence, whereOf } from '../../rbac/path.ts';
import type { ClusterContext, Judged } from '../../survey.ts';

/** What a path is worth; the worst of a subject decides. */
export interface Worth {
  readonly status: Status;
  readonly reason: string;
  /** Why, after a comma; '' where the reason says it all. */
  readonly why: string;
}

/** Whose accounts run the cluster: who has rights there can take the rest. */
const heart = 'kube-system';

/**
 * Judges one path. What Kubernetes made is `system-default`; what reaches everybody, everything or kube-system fails; what names limit
 * passes; the rest is somebody with a right in some namespace, which a person confirms.
 */
export function worthOf(path: Path, { isSystem }: Pick<ClusterContext, 'isSystem'>): Worth {
  if (path.byDefault) return { status: 'pass', reason: 'system-default', why: 'as Kubernetes itself grants it' };
  const breadth = breadthOf(path.grantee);
  if (breadth !== undefined) return { status: 'fail', reason: 'broad-grantee', why: `which is ${breadth}` };
  const { namespace } = path.binding;
  if (path.match.named) return namedWorth(path);
  if (namespace === '') return { status: 'fail', reason: 'cluster-wide', why: '' };
  if (namespace === heart) return { status: 'fail', reason: 'reaches-system', why: 'where the cluster itself runs' };
  if (isSystem(namespace)) return { status: 'warn', reason: 'system-namespace', why: 'a namespace of the system' };
  return { status: 'warn', reason: 'namespaced-grant', why: 'confirm that it is needed' };
}

function namedWorth({ binding: { namespace }, match: { clusterScoped } }: Path): Worth {
  if (clusterScoped || (namespace !== '' && namespace !== heart))
    return { status: 'pass', reason: 'limited-by-name', why: 'limited to named objects' };
  const where = namespace === heart ? heart : 'every namespace';
  return { status: 'warn', reason: 'limited-by-name', why: `limited to these names, but in ${where}` };
}

/** Is the cluster known to be older than this minor; never without one. */
export function isBefore(since: string | undefined, { minor }: Pick<ClusterContext, 'minor'>): boolean {
  const from = parseMinor(since);
  return from !== undefined && minor !== undefined && compareMinor(minor, from) < 0;
}

/** A right that only newer clusters can do without is no fail before that minor. */
export function softened(worth: Worth, since: string | undefined, { minor }: ClusterContext): Worth {
  if (worth.status !== 'fail' || since === undefined || (minor && !isBefore(since, { minor }))) return worth;
  const why = minor ? `the cluster is older than ${since}` : 'the version of the cluster is not known';
  return { status: 'warn', reason: 'older-version', why };
}

const rank: Readonly<Record<Status, number>> = { fail: 4, error: 3, warn: 2, pass: 1, 'not-applicable': 0 };

/** The verdict on a subject by all paths that lead to or through it; undefined without any. */
export function judgedOf(subject: string, judged: readonly (readonly [Path, Worth])[]): Judged | undefined {
  const sorted = judged.toSorted(([, a], [, b]) => rank[b.status] - rank[a.status] || order(a) - order(b));
  const [worst] = sorted;
  if (!worst) return undefined;
  const [path, { status, reason, why }] = worst;
  const more = judged.length > 1 ? ` (and ${counted(judged.length - 1, 'more way')})` : '';
  const { grantee, match, binding, role } = path;
  return {
    subject,
    status,
    reason,
    message: `${grantee.key} may ${match.what} ${whereOf(path)}${why && `, ${why}`}, by ${binding.key} to ${role.key}${more}`,
    evidence: limited(sorted.map(([one, worth]) => pathEvidence(one, holdsOf(worth.status)))),
  };
}

/** A pass because of a name is told before one because of a default. */
function order({ reason }: Worth): number {
  return reason === 'system-default' ? 1 : 0;
}

function holdsOf(status: Status): boolean | null {
  return status === 'pass' ? true : status === 'fail' ? false : null;
}
