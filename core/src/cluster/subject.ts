/**
 * Subjects of findings on the cluster: `cluster`, `namespace/NAME`, `KIND/NAME` and `KIND/NAMESPACE/NAME` with the kind in lower case
 * (`clusterrolebinding/admins`, `rolebinding/app/readers`, `serviceaccount/app/default`, `user/jane`, `group/system:authenticated`).
 */
export interface SubjectParts {
  readonly kind: string;
  /** '' where the subject lives in no namespace. */
  readonly namespace: string;
  readonly name: string;
}

const inNamespace: ReadonlySet<string> = new Set(['role', 'rolebinding', 'serviceaccount', 'pod', 'workload']);

/** The subject of an object; `namespace` '' for objects of the whole cluster. */
export function subjectOf(kind: string, namespace: string, name: string): string {
  const place = namespace === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${namespace}`;
  return name === '' ? place : `${place}/${name}`;
}

/** Takes a subject apart; what is no subject of the cluster comes back as its own name with kind ''. */
export function partsOf(subject: string): SubjectParts {
  const first = subject.indexOf('/');
  if (first < 0) return { kind: subject === 'cluster' ? 'cluster' : '', namespace: '', name: subject };
  const kind = subject.slice(0, first);
  const rest = subject.slice(first + 1);
  if (kind === 'namespace') return { kind, namespace: rest, name: rest };
  const second = rest.indexOf('/');
  if (!inNamespace.has(kind) || second < 0) return { kind, namespace: '', name: rest };
  return { kind, namespace: rest.slice(0, second), name: rest.slice(second + 1) };
}
