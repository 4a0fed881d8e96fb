import { type CheckContext, type NodeContext, nodeContext, type Versions } from './check/context.ts';
import { placeOf } from './check/pending.ts';
import type { Evidence } from './check/truth.ts';
import type { ConfigAgeValue } from './facts.ts';
import type { Verdict } from './judge.ts';
import { type NodeView, observedValue } from './node-view.ts';
import type { Observation } from './observation.ts';
import type { Pack } from './pack/pack.ts';
import { compareMinor } from './version.ts';

/**
 * What a process read of a configuration file when it started, as far as history tells: the observation of that content, undefined where
 * nobody saw it. Asked only for files that changed after the start; the answer may equal what lies there now.
 */
export type RanWith = (fact: string, subject: string) => Observation | undefined;

/** The node as its processes run, and where files differ from what they run with, as it will be once they restart. */
export interface Worlds {
  readonly runs: NodeContext;
  readonly restarted: NodeContext | undefined;
  /** Instances that a restart changes, each with the files that changed; of `unseen` nobody knows what they read. */
  readonly waiting: ReadonlyMap<string, readonly string[]>;
}

/** The worlds of a node. Without `ran`, history is not known: what changed after its process started is judged as it lies. */
export function worldsOf(pack: Pack, view: NodeView, versions: Versions, ran: RanWith | undefined): Worlds {
  const lies = nodeContext(pack, view, versions);
  const seen: Observation[] = [];
  const unseen: Observation[] = [];
  const waiting = new Map<string, string[]>();
  for (const now of changedSinceStart(lies, ran !== undefined)) {
    const then = ran?.(now.fact, now.subject);
    if (then && sameContent(then, now)) continue;
    if (then) seen.push(then);
    else unseen.push({ fact: now.fact, subject: now.subject, state: 'unsupported', observedAt: now.observedAt });
    waiting.set(now.subject, [...(waiting.get(now.subject) ?? []), ...pathsOf(now)]);
  }
  if (waiting.size === 0) return { runs: lies, restarted: undefined, waiting };
  const plain = nodeContext(pack, instead(view, seen), versions);
  const blind = nodeContext(pack, instead(view, [...seen, ...unseen]), versions);
  const runs: NodeContext = {
    ...plain,
    others: [
      ...(seen.length > 0 ? [{ is: 'restarted', node: lies } as const] : []),
      ...(unseen.length > 0 ? [{ is: 'unseen', node: blind } as const] : []),
    ],
  };
  const restarted = seen.length > 0 ? { ...lies, others: [{ is: 'running', node: plain } as const] } : undefined;
  return { runs, restarted, waiting };
}

/**
 * The node as its processes run: what they read stands for what lies there. For who judges a cluster by it; reads besides, of instances with
 * younger files, the process itself, so that whoever watches what was read learns of its restart.
 */
export function runningView(pack: Pack, view: NodeView, versions: Versions, ran: RanWith): NodeView {
  return worldsOf(pack, view, versions, (fact, subject) => {
    view.get('process.instance', subject);
    return ran(fact, subject);
  }).runs.view;
}

/** Configuration files that changed after the process that reads them started, and that it does not read again by itself. */
function changedSinceStart(lies: NodeContext, remembered: boolean): readonly Observation[] {
  return lies.view.all('config.age').flatMap((age) =>
    Object.entries(observedValue<ConfigAgeValue>(age)?.facts ?? {}).flatMap(([fact, when]) => {
      if (when === 'before-start' || !configFacts.has(fact) || (when === 'touched' && !remembered)) return [];
      const now = lies.view.get(fact, age.subject);
      return now === undefined || isReloaded(lies, fact, age.subject) ? [] : [now];
    }),
  );
}

/** Facts that hold what a process read once; no other can be pending, whatever an agent says. */
const configFacts: ReadonlySet<string> = new Set([
  'kubelet.config',
  'kubelet.drop-ins',
  'kube-apiserver.authentication-config',
  'kube-apiserver.authorization-config',
  'kube-apiserver.admission-config',
  'kube-apiserver.encryption-config',
  'kube-apiserver.audit-policy',
  'kube-scheduler.config',
  'kube-proxy.config',
  'etcd.config',
]);

const since130 = { major: 1, minor: 30 };

/**
 * Does the API server read this file again while it runs? Authorization and authentication since their beta; an unknown minor counts as
 * current. Source: pkg/kubeapiserver/authorizer/reload.go, pkg/kubeapiserver/options/authentication.go,
 * k8s.io/apiserver/pkg/server/options/etcd.go. The kubelet, the scheduler and etcd read theirs once; kube-proxy ends when its own changes.
 */
function isReloaded(lies: NodeContext, fact: string, instance: string): boolean {
  if (fact === 'kube-apiserver.authorization-config' || fact === 'kube-apiserver.authentication-config') {
    const minor = lies.minorOf('kube-apiserver');
    return minor === undefined || compareMinor(minor, since130) >= 0;
  }
  if (fact !== 'kube-apiserver.encryption-config') return false;
  const setting = lies.settings('kube-apiserver', instance).get('encryption-provider-config-automatic-reload');
  return setting.known && setting.value === true;
}

function sameContent(a: Observation, b: Observation): boolean {
  return JSON.stringify([a.state, a.value]) === JSON.stringify([b.state, b.value]);
}

function pathsOf(now: Observation): readonly string[] {
  const value = observedValue<{ readonly path?: string; readonly directory?: string }>(now);
  return [value?.path ?? value?.directory ?? now.fact];
}

function instead(view: NodeView, observations: readonly Observation[]): NodeView {
  const key = (fact: string, subject: string) => `${fact}\0${subject}`;
  const other = new Map(observations.map((one) => [key(one.fact, one.subject), one]));
  const swap = (one: Observation) => other.get(key(one.fact, one.subject)) ?? one;
  return {
    node: view.node,
    get: (fact, subject) => other.get(key(fact, subject)) ?? view.get(fact, subject),
    all: (fact) => view.all(fact).map(swap),
  };
}

/**
 * A verdict by what runs, with what is pending: lines of evidence that a restart changes, also those that decide only then. `decide`
 * judges in any of the worlds.
 */
export function withPending(
  worlds: Worlds,
  context: CheckContext,
  decide: (context: CheckContext) => Verdict,
): Verdict {
  const runs = decide({ ...context, node: worlds.runs });
  if (worlds.waiting.size === 0) return runs;
  const own = new Set(runs.evidence.map(placeOf));
  const later = worlds.restarted && decide({ ...context, node: worlds.restarted });
  const more = (later?.evidence ?? []).filter((line) => line.pending && !own.has(placeOf(line)));
  const evidence = [...runs.evidence, ...more];
  const lines = evidence.filter((line) => line.pending);
  if (lines.length === 0) return runs;
  return { ...runs, evidence, message: `${runs.message}; ${note(worlds, context, lines, decide)}` };
}

function note(
  { restarted, waiting }: Worlds,
  context: CheckContext,
  lines: readonly Evidence[],
  decide: (context: CheckContext) => Verdict,
): string {
  const about = lines.map((line) => line.subject).filter((subject) => waiting.has(subject));
  const whose = about.length > 0 ? [...new Set(about)] : [...waiting.keys()];
  const files = [...new Set([...waiting].flatMap(([one, paths]) => (whose.includes(one) ? paths : [])))].join(', ');
  const changed = `${files} changed after ${whose.join(', ')} started`;
  if (!restarted || lines.every((line) => line.pending?.running === 'unknown'))
    return `pending: ${changed}, and what it read then was not seen, so that it may run with something else until it restarts`;
  const { others: _, ...plain } = restarted;
  const then = decide({ ...context, node: plain });
  return `pending: ${changed}; from its restart on ${then.status}: ${then.message}`;
}
