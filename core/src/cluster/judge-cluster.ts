import type { Entry } from '../benchmark.ts';
import type { Choice } from '../choose.ts';
import type { Check, Control } from '../control.ts';
import type { Json } from '../json.ts';
import { type Finding, findingOf } from '../judge.ts';
import type { Pack } from '../pack/pack.ts';
import { parseMinor } from '../version.ts';
import type { ClusterView, ResourceState } from './cluster-view.ts';
import { matchesGlob } from './glob.ts';
import type { ClusterContext, Judged, Operands, Survey } from './survey.ts';
import { surveys } from './surveys/index.ts';

/** Namespaces of Kubernetes itself; more are configured. */
export const systemNamespaces: readonly string[] = ['kube-system', 'kube-public', 'kube-node-lease'];

/** Is this a namespace of Kubernetes itself, or one that these globs name? */
export function isSystemNamespace(globs: readonly string[], name: string): boolean {
  return systemNamespaces.includes(name) || matchesGlob(globs, name);
}

/** A cluster to judge. `version` is the API server's, undefined when nobody tells it; `now` an ISO time. */
export interface ClusterInput {
  readonly pack: Pack;
  readonly choice: Choice;
  readonly view: ClusterView;
  readonly version: string | undefined;
  readonly now: string;
  /** Globs of the namespaces that are judged and marked, besides {@link systemNamespaces}. */
  readonly system?: readonly string[];
  /** Globs of the namespaces that are left out of everything. */
  readonly exclude?: readonly string[];
}

/** One line of the document that is judged on the cluster. `survey` undefined: nobody wrote its check yet. */
export interface ClusterEntry {
  readonly entry: Entry;
  readonly control: Control;
  readonly survey: Survey | undefined;
  readonly operands: Operands;
  /** Resources whose change has it judged again. */
  readonly needs: readonly string[];
}

/** A judge of one cluster; what several controls share is computed once while nothing of it changes. */
export interface ClusterJudge {
  readonly entries: readonly ClusterEntry[];
  /** Findings of one line, all of them. */
  judge(line: ClusterEntry): readonly Finding[];
  /** Findings of one line on one namespace; for surveys of namespaces whose resources are known (see `blocked`). */
  judgeNamespace(line: ClusterEntry, namespace: string): readonly Finding[];
  /** The finding that stands for a line while a resource it needs is not known. */
  blocked(line: ClusterEntry): Finding | undefined;
  isExcluded(namespace: string): boolean;
}

/** The lines of a document that are judged on the cluster. */
export function clusterEntries(pack: Pack, choice: Choice): readonly ClusterEntry[] {
  return choice.document.controls.flatMap((entry) => {
    const control = pack.controls.get(entry.control);
    if (control?.subject !== 'cluster') return [];
    const survey = surveys.get(control.check?.survey ?? '');
    const operands = operandsOf(control, control.check, entry);
    return [{ entry, control, survey, operands, needs: survey?.needs(operands) ?? [] }];
  });
}

/** A judge on a view that may change under it. */
export function clusterJudge(given: () => ClusterInput): ClusterJudge {
  const { pack, choice, view } = given();
  const memory = new Map<string, { readonly stamps: readonly number[]; readonly value: unknown }>();
  const shared = <T>(key: string, resources: readonly string[], compute: () => T): T => {
    const before = memory.get(key);
    // Asked for with every verdict, so nothing is made to compare. The key names what is computed: what lies under it has its type.
    if (before && resources.every((one, index) => before.stamps[index] === view.generation(one)))
      return before.value as T;
    const stamps = resources.map((one) => view.generation(one));
    const value = compute();
    memory.set(key, { stamps, value });
    return value;
  };
  const excluded = (namespace: string) => matchesGlob(given().exclude ?? [], namespace);
  const contextOf = (control: Control): ClusterContext => {
    const { version, now, system = [] } = given();
    return {
      pack,
      view,
      control,
      minor: parseMinor(version),
      version,
      now,
      isSystem: (namespace) => isSystemNamespace(system, namespace),
      isExcluded: excluded,
      shared,
    };
  };
  const make = (line: ClusterEntry, { subject, ...verdict }: Judged) =>
    findingOf(pack, choice, line.entry, line.control, subject, verdict);
  const on = (line: ClusterEntry, namespace: string) =>
    (line.survey?.judge(contextOf(line.control), line.operands, namespace) ?? []).map((one) => make(line, one));
  const judge: ClusterJudge = {
    entries: clusterEntries(pack, choice),
    isExcluded: excluded,
    blocked: (line) => {
      const why = line.survey ? obstacle(view, line.needs) : noCheck;
      return why ? make(line, { subject: 'cluster', status: 'error', evidence: [], ...why }) : undefined;
    },
    judgeNamespace: on,
    judge(line) {
      const blocked = judge.blocked(line);
      if (blocked) return [blocked];
      if (line.survey?.each === 'cluster') return on(line, '');
      const names = view.all('namespaces').map((one) => one.name);
      return names.filter((name) => !excluded(name)).flatMap((name) => on(line, name));
    },
  };
  return judge;
}

/** Every finding of the cluster, in the order of the document. */
export function judgeCluster(input: ClusterInput): readonly Finding[] {
  const judge = clusterJudge(() => input);
  return judge.entries.flatMap((line) => judge.judge(line));
}

interface Obstacle {
  readonly reason: string;
  readonly message: string;
}

const noCheck: Obstacle = { reason: 'no-check', message: 'Nobody has written a check for this control yet.' };

const obstacles: Readonly<Partial<Record<ResourceState['state'], string>>> = {
  denied: 'rbac-denied',
  stale: 'stale-watch',
  unsynced: 'not-observed',
  unconnected: 'no-cluster',
};

/** Why a control cannot be judged: a resource that it needs is not known. What the cluster does not serve, or nobody opted in to, is no obstacle. */
function obstacle(view: ClusterView, needs: readonly string[]): Obstacle | undefined {
  for (const resource of needs) {
    const { state, detail } = view.state(resource);
    const reason = obstacles[state];
    if (reason !== undefined) return { reason, message: `${resource}: ${detail ?? `the resource is ${state}`}` };
  }
  return undefined;
}

function operandsOf(control: Control, check: Check | undefined, entry: Entry): Operands {
  const given: Readonly<Record<string, unknown>> = entry.params ?? {};
  const param = (name: string): Json => (given[name] ?? control.params[name]?.default ?? '') as Json;
  return Object.fromEntries(
    Object.entries(check?.with ?? {}).map(([name, value]) => [name, isParam(value) ? param(value.param) : value]),
  );
}

function isParam(value: Json): value is { readonly param: string } {
  return typeof value === 'object' && value !== null && 'param' in value && Object.keys(value).length === 1;
}
