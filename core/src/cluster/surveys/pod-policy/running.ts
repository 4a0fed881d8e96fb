import type { Evidence } from '../../../check/truth.ts';
import { fieldEvidence } from '../../evidence.ts';
import type { Workload } from '../../objects.ts';
import { brokenBy, type CheckSet, type Violation, violationsOf } from '../../pod-security/index.ts';
import { isComponent } from './components.ts';

/** What runs in a namespace and breaks some checks. */
export interface Running {
  readonly workloads: number;
  readonly violating: readonly Workload[];
  /** Those of them that are no part of Kubernetes itself. */
  readonly foreign: readonly Workload[];
  /** Workloads whose fields could not be read. */
  readonly unread: readonly Workload[];
}

/** Which workloads break these checks. */
export function runningIn(workloads: readonly Workload[], minor: number, checks: CheckSet): Running {
  const violating: Workload[] = [];
  const unread: Workload[] = [];
  for (const workload of workloads) {
    const broken = brokenBy(workload, minor);
    if ((broken.set & checks) !== 0) violating.push(workload);
    else if ((broken.unread & checks) !== 0) unread.push(workload);
  }
  const foreign = violating.filter((one) => !isComponent(one));
  return { workloads: workloads.length, violating, foreign, unread };
}

/** One line a workload and container, with the fields that break the checks. */
export function linesOf(workload: Workload, minor: number, checks: CheckSet, expected: string): readonly Evidence[] {
  const places = Map.groupBy(violationsOf(workload, minor, checks), ({ list, container }) =>
    list === '' ? '' : `spec.${list}[${container}]`,
  );
  const { kind, name } = workload.owner;
  return [...places].map(([place, violations]) => {
    const [first] = violations;
    const field = first?.field ?? '';
    const key = place !== '' ? `${place}.${field}` : field.startsWith('metadata') ? field : `spec.${field}`;
    const actual = violations.slice(0, 20).map(textOf);
    return fieldEvidence({ kind, namespace: workload.namespace, name, key }, actual, expected, false);
  });
}

function textOf({ field, value }: Violation): string {
  return `${field}: ${value === null ? 'not set' : JSON.stringify(value).slice(0, 200)}`;
}

/** `Deployment web, DaemonSet agent and 2 more`; an owner of pods that differ is named once. */
export function named(workloads: readonly Workload[]): string {
  const owners = [...new Set(workloads.map(({ owner }) => `${owner.kind} ${owner.name}`))];
  return owners.slice(0, 3).join(', ') + (owners.length > 3 ? ` and ${owners.length - 3} more` : '');
}
