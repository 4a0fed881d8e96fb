import type { Evidence } from '../../../check/truth.ts';
import { type Coverage, doubtOver } from '../../admission/coverage.ts';
import { fieldEvidence, limited, mostLines } from '../../evidence.ts';
import type { Workload } from '../../objects.ts';
import { type CheckSet, namesIn } from '../../pod-security/index.ts';
import type { Judged } from '../../survey.ts';
import { linesOf, named, type Running } from './running.ts';

/** What pods are held to. `proof`: why less is asked than elsewhere. */
export interface Asked {
  readonly checks: CheckSet;
  readonly minor: number;
  readonly proof: readonly Evidence[];
}

/** Both halves of one namespace. `absent`: the cluster has nothing that the rule is about. */
export interface Halves {
  readonly asked: Asked;
  readonly running: Running;
  readonly coverage: Coverage;
  readonly namespace: string;
  readonly system: boolean;
  readonly absent: boolean;
}

type Verdict = Omit<Judged, 'subject'>;

/** Fails where violating pods run, or would be let in while nothing restricts them; both halves are in the evidence. */
export function verdictOn(halves: Halves): Verdict {
  const { running, coverage, namespace, asked } = halves;
  const evidence = limited([...runningLines(halves), ...admissionLines(halves), ...asked.proof]);
  const missing = asked.checks & ~coverage.refused;
  const make = (status: Verdict['status'], reason: string, message: string) => ({ status, reason, message, evidence });
  if (halves.absent) {
    const note = `The cluster has no node of Windows, and no pod of ${namespace} asks for one.`;
    return make('not-applicable', 'no-windows', `${note} ${admitted(coverage, missing)}`);
  }
  const violating = onRunning(halves, make);
  if (violating) return violating;
  if (running.unread.length > 0) {
    const [first] = running.unread;
    const fields = first?.malformed?.slice(0, 3).join(', ') ?? '';
    return make('error', 'malformed', `${named(running.unread)}: ${fields} cannot be read.`);
  }
  const none = `No pod in ${namespace} breaks it`;
  if (missing === 0) return make('pass', 'as-expected', `${none}, and admission refuses those that would.`);
  if (halves.system) {
    const open = `${none}. ${admitted(coverage, missing)} It is a namespace of the system.`;
    return make('pass', 'system-namespace', open);
  }
  const doubt = doubtOver(coverage, missing);
  if (doubt) return make(doubt.status, doubt.reason, `${none}. ${doubt.message}`);
  return make('fail', 'admission-open', `${none}, but nothing restricts admission: ${admitted(coverage, missing)}`);
}

function onRunning(
  { running, coverage, namespace, asked, system }: Halves,
  make: (status: Verdict['status'], reason: string, message: string) => Verdict,
): Verdict | undefined {
  const { violating, foreign } = running;
  if (violating.length === 0) return undefined;
  const missing = asked.checks & ~coverage.refused;
  const half = missing === 0 ? 'Admission refuses new ones.' : admitted(coverage, missing);
  if (!system) {
    return make('fail', 'violating-pods', `Pods in ${namespace} break it: ${named(violating)}. ${half}`);
  }
  if (foreign.length === 0 && running.unread.length === 0) {
    return make(
      'pass',
      'system-default',
      `Only components of Kubernetes itself break it: ${named(violating)}. ${half}`,
    );
  }
  const text = `In this namespace of the system pods break it that are no component of Kubernetes itself: ${named(foreign)}. ${half}`;
  return foreign.length === 0 ? undefined : make('warn', 'system-namespace', text);
}

function admitted(coverage: Coverage, missing: CheckSet): string {
  if (missing === 0) return 'Admission would refuse such pods.';
  const doubt = doubtOver(coverage, missing);
  return doubt ? doubt.message : `Admission would let in pods that break ${namesIn(missing).join(', ')}.`;
}

function runningLines({ running, asked, namespace }: Halves): readonly Evidence[] {
  const field = { kind: 'Namespace', namespace: '', name: namespace, key: 'pods' };
  const expected = `no pod breaks ${namesIn(asked.checks).join(', ')}`;
  if (running.violating.length === 0) {
    const holds = running.unread.length === 0 ? true : null;
    return [
      fieldEvidence(
        field,
        running.workloads === 0
          ? 'no workload'
          : `no violation in ${running.workloads - running.unread.length} of ${running.workloads} workloads`,
        expected,
        holds,
      ),
    ];
  }
  return shownLines(running.violating, (one) => linesOf(one, asked.minor, asked.checks, expected));
}

/** Lines of as many workloads as are shown; those of the others are not made. */
function shownLines(
  workloads: readonly Workload[],
  lines: (one: Workload) => readonly Evidence[],
): readonly Evidence[] {
  const shown: Evidence[] = [];
  for (const [index, one] of workloads.entries()) {
    const own = lines(one);
    const [first] = own;
    const rest = workloads.length - index;
    if (first && shown.length + own.length > mostLines - 10 && index > 0) {
      const origin = { kind: 'derived' } as const;
      return [...shown, { ...first, subject: 'others', actual: `${rest} more workloads break it`, origin }];
    }
    shown.push(...own);
  }
  return shown;
}

function admissionLines({ coverage, asked }: Halves): readonly Evidence[] {
  const { refusals, notes } = coverage;
  const useful = refusals.filter(({ checks }) => (checks & asked.checks) !== 0).map(({ evidence }) => evidence);
  const idle = refusals
    .filter(({ checks }) => (checks & asked.checks) === 0)
    .map(({ evidence }) => ({ ...evidence, holds: false }));
  return [...useful, ...idle, ...notes];
}
