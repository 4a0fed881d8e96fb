import {
  at,
  type Choice,
  type ClusterEntry,
  type ClusterJudge,
  chooseDocuments,
  clusterJudge,
  counted,
  type Dump,
  dumpedCluster,
  dumpedResources,
  type Finding,
  findingOf,
  matchesGlob,
  type Pack,
  projectDump,
  type Reading,
  resourceOf,
  sectionOf,
  staticView,
  type Versions,
} from '@plumbline/core';
import { type BoundRoles, boundRoles } from '../manifests/bound-roles.ts';
import type { Manifests } from '../manifests/read-manifests.ts';
import type { Audit } from './judge.ts';
import { reportOf } from './report.ts';

/** Manifests to judge before they reach a cluster. `now` is an ISO time. */
export interface ManifestsToJudge {
  readonly pack: Pack;
  readonly manifests: Manifests;
  /** What the report calls them. */
  readonly name: string;
  readonly versions: Versions;
  readonly benchmark?: string;
  readonly reading: Reading;
  readonly exclude: readonly string[];
  readonly system: readonly string[];
  readonly now: string;
}

/** Section 5 on manifests. What only a cluster or its nodes can tell is no pass. */
export function judgeManifests(input: ManifestsToJudge): Audit {
  const { pack, versions, now, system, exclude } = input;
  const documents = chooseDocuments(pack, versions, input.benchmark);
  const choice = documents.controlPlane;
  const own = projectDump(input.manifests.objects);
  const bound = boundRoles(pack, own, exclude);
  const dump = projectDump([...bound.shipped, ...input.manifests.objects]);
  const view = staticView(dumpedCluster(dump, 'manifests'));
  const judge = clusterJudge(() => ({ pack, choice, view, version: versions.controlPlane, now, system, exclude }));
  const held = dumpedResources(own);
  const lines = judge.entries.filter(({ entry }) => sectionOf(entry.number) === '5');
  const findings = lines.flatMap((line) =>
    judged(pack, choice, judge, line, held).map((one) => doubted(line, one, bound)),
  );
  const report = reportOf({
    scope: 'manifests',
    node: input.name,
    roles: [],
    platform: 'manifests',
    versions,
    documents,
    reading: input.reading,
    exclusions: exclude,
    system,
    notes: notesOf(input, dump, bound),
    findings,
    clusterControls: new Set(judge.entries.map(({ control }) => control.slug)),
  });
  return { findings, report };
}

function judged(
  pack: Pack,
  choice: Choice,
  judge: ClusterJudge,
  line: ClusterEntry,
  held: ReadonlySet<string>,
): readonly Finding[] {
  const say = (status: 'error' | 'not-applicable', reason: string, message: string) => [
    findingOf(pack, choice, line.entry, line.control, 'cluster', { status, reason, message, evidence: [] }),
  ];
  const blocked = judge.blocked(line);
  if (blocked) return [blocked];
  const reads = line.needs.filter((name) => resourceOf(name)?.presence !== 'opt-in');
  if (reads.length === 0)
    return say('error', 'no-cluster', 'Only a cluster and its nodes can tell; no API server is asked.');
  if (reads.some((name) => held.has(name))) return judge.judge(line);
  const kinds = reads.map((name) => resourceOf(name)?.kind ?? name).slice(0, 5);
  return say(
    'not-applicable',
    'not-in-manifests',
    `The manifests hold nothing that this is about (${kinds.join(', ')}).`,
  );
}

/** Where a role is bound that nobody knows, nobody can say that nothing is granted. */
function doubted({ needs }: ClusterEntry, finding: Finding, { unknown }: BoundRoles): Finding {
  if (finding.status !== 'pass' || unknown.length === 0 || !needs.includes('clusterrolebindings')) return finding;
  const message = `${finding.message} What these roles allow is not known, they are bound and not among the manifests: ${some(unknown)}.`;
  return { ...finding, status: 'warn', reason: 'role-unknown', message };
}

/** Objects in lists, as `kubectl get` writes them, are counted each. */
function objectCount(objects: Manifests['objects']): number {
  return objects.reduce((sum, { items }) => sum + (Array.isArray(items) ? items.length : 1), 0);
}

function notesOf(
  { manifests: { objects, files }, exclude }: ManifestsToJudge,
  { mentioned, unread, workloads }: Dump,
  { shipped }: BoundRoles,
): readonly string[] {
  const judged = workloads.filter(({ namespace }) => !matchesGlob(exclude, namespace));
  const unlabelled = [...mentioned].filter((name) => !matchesGlob(exclude, name));
  const notes = [
    `${counted(objectCount(objects), 'object')} of ${counted(files, 'file')}, ${counted(judged.length, 'workload')}. Nobody asked a cluster: what admission adds or refuses there is not known.`,
  ];
  if (unlabelled.length > 0) {
    notes.push(`Namespaces that are only mentioned count as they would be made, without labels: ${some(unlabelled)}.`);
  }
  if (shipped.length > 0) {
    const names = shipped.map((one) => String(at(one, 'metadata.name')));
    notes.push(`Roles that are bound and come with Kubernetes are taken as it ships them: ${some(names)}.`);
  }
  const kinds = [...unread].filter(([kind]) => kind !== '').map(([kind, count]) => `${kind} ${count}`);
  if (kinds.length > 0) notes.push(`No control reads these kinds: ${some(kinds)}.`);
  const unnamed = unread.get('');
  if (unnamed !== undefined) notes.push(`Left out, as they have no name: ${counted(unnamed, 'object')}.`);
  return notes;
}

const shown = 10;

function some(list: readonly string[]): string {
  const more = list.length > shown ? ` and ${list.length - shown} more` : '';
  return `${list.slice(0, shown).join(', ')}${more}`;
}
