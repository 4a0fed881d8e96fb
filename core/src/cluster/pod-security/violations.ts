import type { Minor } from '../../version.ts';
import type { Workload } from '../objects.ts';
import type { PodCheck, Violation } from './check.ts';
import { type CheckName, type CheckSet, checkNames, namesIn, newestPolicy, podChecks } from './checks.ts';
import { podOf } from './pod.ts';
import { unreadChecks } from './unread.ts';

/** What a workload breaks, and what could not be read of it. */
interface Broken {
  readonly workload: Pick<Workload, 'annotations' | 'malformed'>;
  readonly minor: number;
  readonly set: CheckSet;
  readonly unread: CheckSet;
}

// Keyed by the specification, which lives as long as its workload: nothing is computed twice for fifteen controls.
const known = new WeakMap<Workload['spec'], Broken>();

/** The policy minor by which pods of an API server are judged; the newest one where nobody knows it. */
export function policyMinor(minor: Minor | undefined): number {
  return minor === undefined || minor.major > 1 ? newestPolicy : Math.min(minor.minor, newestPolicy);
}

/** The checks that a workload breaks, and those whose fields could not be read, judged by the policy of minor 1.N. */
export function brokenBy(workload: Workload, minor: number): Pick<Broken, 'set' | 'unread'> {
  const before = known.get(workload.spec);
  if (before?.minor === minor && isSame(before.workload, workload)) return before;
  const pod = podOf(workload);
  let set = 0;
  checkNames.forEach((name, bit) => {
    if (podChecks[name].violations(pod, minor).length > 0) set |= 1 << bit;
  });
  const { annotations, malformed } = workload;
  const found = {
    workload: { annotations, ...(malformed ? { malformed } : {}) },
    minor,
    set,
    unread: unreadChecks(malformed ?? []),
  };
  known.set(workload.spec, found);
  return found;
}

function isSame(before: Pick<Workload, 'annotations' | 'malformed'>, now: Workload): boolean {
  return before.annotations === now.annotations && before.malformed === now.malformed;
}

/** What exactly breaks some checks, one line a field. */
export function violationsOf(workload: Workload, minor: number, checks: CheckSet): readonly Violation[] {
  const pod = podOf(workload);
  return namesIn(checks).flatMap((name: CheckName) => (podChecks[name] as PodCheck).violations(pod, minor));
}
