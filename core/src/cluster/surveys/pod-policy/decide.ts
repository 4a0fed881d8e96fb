import type { Evidence } from '../../../check/truth.ts';
import { counted } from '../../../words.ts';
import { type Coverage, doubtOver } from '../../admission/coverage.ts';
import { fieldEvidence, limited, mostLines } from '../../evidence.ts';
import type { Workload } from '../../objects.ts';
import { type CheckSet, deedsOf } from '../../pod-security/index.ts';
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
    return make('not-applicable', 'no-windows', `${note} ${admitted(halves, missing)}`);
  }
  const violating = onRunning(halves, make);
  if (violating) return violating;
  if (running.unread.length > 0) {
    const [first] = running.unread;
    const fields = first?.malformed?.slice(0, 3).join(', ') ?? '';
    return make('error', 'malformed', `${named(running.unread)}: ${fields} cannot be read.`);
  }
  const none = `No pods in ${namespace} ${deedsOf(asked.checks)}`;
  if (missing === 0) return make('pass', 'as-expected', `${none}, and admission refuses such pods.`);
  if (halves.system) {
    const open = `${none}. ${admitted(halves, missing)} It is a namespace of the system.`;
    return make('pass', 'system-namespace', open);
  }
  const doubt = doubtOver(coverage, missing);
  if (doubt) return make(doubt.status, doubt.reason, `${none}. ${doubt.message}`);
  return make('fail', 'admission-open', `${none}, but admission would let in ${thoseThat(halves, missing)}.`);
}

function onRunning(
  halves: Halves,
  make: (status: Verdict['status'], reason: string, message: string) => Verdict,
): Verdict | undefined {
  const { running, coverage, namespace, asked, system } = halves;
  const { violating, foreign } = running;
  if (violating.length === 0) return undefined;
  const missing = asked.checks & ~coverage.refused;
  const half = missing === 0 ? 'Admission refuses new ones.' : admitted(halves, missing);
  const deeds = deedsOf(asked.checks);
  if (!system) {
    return make('fail', 'violating-pods', `Pods in ${namespace} ${deeds}: ${named(violating)}. ${half}`);
  }
  if (foreign.length === 0 && running.unread.length === 0) {
    return make(
      'pass',
      'system-default',
      `Only components of Kubernetes itself ${deeds}: ${named(violating)}. ${half}`,
    );
  }
  const text = `In this namespace of the system pods that are no component of Kubernetes itself ${deeds}: ${named(foreign)}. ${half}`;
  return foreign.length === 0 ? undefined : make('warn', 'system-namespace', text);
}

function admitted(halves: Halves, missing: CheckSet): string {
  const { coverage, asked, absent } = halves;
  if (missing === 0 && !absent) return 'Admission would refuse such pods.';
  const doubt = doubtOver(coverage, missing);
  if (missing !== 0 && doubt) return doubt.message;
  const which = thoseThat(halves, missing || asked.checks);
  return missing === 0 ? `Admission would refuse ${which}.` : `Admission would let in ${which}.`;
}

/** What was not said before is said in full. */
function thoseThat({ asked, absent }: Halves, checks: CheckSet): string {
  return checks === asked.checks && !absent ? 'such pods' : `pods that ${deedsOf(checks)}`;
}

function runningLines({ running, asked, namespace }: Halves): readonly Evidence[] {
  const field = { kind: 'Namespace', namespace: '', name: namespace, key: 'pods' };
  const expected = `no pods that ${deedsOf(asked.checks)}`;
  if (running.violating.length === 0) {
    const holds = running.unread.length === 0 ? true : null;
    return [
      fieldEvidence(
        field,
        running.workloads === 0
          ? 'no workload'
          : `none in ${running.workloads - running.unread.length} of ${counted(running.workloads, 'workload')}`,
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
      return [...shown, { ...first, subject: 'others', actual: `${counted(rest, 'more workload')}`, origin }];
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
