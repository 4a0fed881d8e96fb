import {
  type Condition,
  type Control,
  type FileValue,
  type Finding,
  type Json,
  judgeNode,
  nodeView,
  type Observation,
  type ObservationState,
  type Pack,
} from '@plumbline/core';
import { type ClusterCase, judgeClusterCase } from './cluster-world.ts';

/** A file of a named set: mode 0600 and root:root unless said otherwise; `state` makes it unreadable. */
export interface CaseFile {
  readonly path: string;
  readonly type?: 'file' | 'directory';
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly owner?: string;
  readonly group?: string;
  readonly target?: string;
  readonly state?: ObservationState;
  /** Fields of the certificates in it; anything left out is harmless. */
  readonly certificates?: readonly Partial<{
    subject: string;
    issuer: string;
    notBefore: string;
    notAfter: string;
    isCA: boolean;
    publicKey: string;
  }>[];
}

/** A running component: argv without the program; `configs` by fact name, either a document or a state. */
export interface CaseComponent {
  readonly argv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly environmentFrom?: 'process' | 'manifest' | 'unit' | null;
  readonly configs?: Readonly<Record<string, Json>>;
  /** A second genuine instance with this command line. */
  readonly second?: readonly string[];
}

/** One case of a control: a small world and the verdict it must get. */
export interface Case extends ClusterCase {
  readonly class: 'pass' | 'fail' | 'absent' | 'hostile';
  readonly says: string;
  /** Kubernetes minor of everything on the node; none: unknown. */
  readonly minor?: string;
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  readonly reading?: 'effective' | 'letter';
  readonly run?: Readonly<Record<string, CaseComponent>>;
  /** Components whose manifest exists while no process runs. */
  readonly manifestOnly?: readonly string[];
  /** State of the component facts that are not in `run`; default absent. */
  readonly components?: ObservationState;
  readonly files?: Readonly<Record<string, readonly CaseFile[] | ObservationState>>;
  /** Note of a named set (for instance why it is empty). */
  readonly notes?: Readonly<Record<string, string>>;
  readonly facts?: readonly {
    readonly fact: string;
    readonly subject: string;
    readonly state?: ObservationState;
    readonly value?: Json;
  }[];
  readonly labels?: readonly string[];
  readonly now?: string;
  /** `actual`, `origin` (substring), `subject` are sought in one evidence line; `not` lists subjects that must not be in evidence. */
  readonly expect: {
    readonly status: string;
    /** Subject of the finding that is meant, where a control has several. */
    readonly finding?: string;
    /** No finding at all. */
    readonly none?: true;
    readonly reason?: string;
    readonly actual?: Json;
    readonly origin?: string;
    readonly subject?: string;
    readonly not?: readonly string[];
    readonly message?: string;
    readonly validUntil?: string;
  };
}

const at = '2026-01-01T00:00:00.000Z';
const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kubelet', 'kube-proxy'];

/** Judges one control in the world of a case, as a document of one line would. */
export function judgeCase(pack: Pack, control: Control, one: Case): readonly Finding[] {
  if (control.subject === 'cluster') return judgeClusterCase(pack, control, one);
  const role = roleOf(control);
  const document = {
    benchmark: 'test/case',
    title: 'case',
    version: '0',
    published: '0',
    follows: null,
    kubernetes: { from: '1.0', to: '1.99' },
    total: '1',
    sections: {},
    controls: [
      {
        number: '1.1.1',
        control: control.slug,
        level: '1' as const,
        by: 'automated' as const,
        role,
        ...(one.params ? { params: { ...one.params } as Record<string, string> } : {}),
      },
    ],
  };
  const choice = { document, match: 'requested' as const };
  return judgeNode({
    pack: { ...pack, controls: new Map([[control.slug, control]]) },
    view: nodeView('case', observationsOf(one)),
    versions: one.minor === undefined ? {} : { kubelet: one.minor, controlPlane: one.minor },
    documents: { controlPlane: choice, node: choice },
    labels: one.labels ?? [],
    reading: one.reading ?? 'effective',
    now: one.now ?? at,
  });
}

function roleOf(control: Control): 'control-plane' | 'etcd' | 'node' {
  if (control.subject === 'etcd') return 'etcd';
  return control.subject === 'kubelet' || control.subject === 'kube-proxy' ? 'node' : 'control-plane';
}

/** The observations that the world of a case consists of. */
export function observationsOf(one: Case): readonly Observation[] {
  const out: Observation[] = [];
  const see = (fact: string, subject: string, value: Json) =>
    out.push({ fact, subject, state: 'observed', value, observedAt: at });
  const miss = (fact: string, subject: string, state: ObservationState) =>
    out.push({ fact, subject, state, detail: `${fact} is ${state}`, observedAt: at });
  for (const name of components) {
    const running = one.run?.[name];
    const manifest = `/etc/kubernetes/manifests/${name}.yaml`;
    const instance = `${name}@${manifest}`;
    if (running) {
      const instances = running.second ? [instance, `${instance}#2`] : [instance];
      see('component', name, { instances, manifests: [manifest] });
      seeProcess(see, name, instance, running, running.argv ?? [], 100);
      if (running.second) seeProcess(see, name, `${instance}#2`, running, running.second, 200);
      for (const [fact, document] of Object.entries(running.configs ?? {}))
        seeConfig(see, miss, fact, instance, document);
    } else if (one.manifestOnly?.includes(name)) see('component', name, { instances: [], manifests: [manifest] });
    else miss('component', name, one.components ?? 'absent');
  }
  for (const [set, files] of Object.entries(one.files ?? {})) {
    if (typeof files === 'string') {
      miss('files', set, files);
      continue;
    }
    const note = one.notes?.[set];
    see('files', set, {
      paths: files.map((file) => file.path),
      sought: [`/where/${set}`],
      truncated: false,
      ...(note === undefined ? {} : { note }),
    });
    for (const file of files) seeFile(see, miss, file);
  }
  for (const extra of one.facts ?? []) {
    if (extra.state && extra.state !== 'observed') miss(extra.fact, extra.subject, extra.state);
    else see(extra.fact, extra.subject, extra.value ?? null);
  }
  return out;
}

type See = (fact: string, subject: string, value: Json) => void;
type Miss = (fact: string, subject: string, state: ObservationState) => void;

function seeProcess(
  see: See,
  name: string,
  instance: string,
  running: CaseComponent,
  argv: readonly string[],
  pid: number,
): void {
  see('process', instance, {
    component: name,
    argv: [name, ...argv],
    uid: 0,
    gid: 0,
    cgroup: `/kubepods/pod1/${pid}`,
    runsAs: { kind: 'static-pod', name: `/etc/kubernetes/manifests/${name}.yaml` },
    exe: null,
    cwd: null,
    environment: running.environment ?? {},
    environmentFrom: running.environmentFrom === undefined ? 'manifest' : running.environmentFrom,
  });
  see('process.instance', instance, { pid, startTime: '1' });
}

const states: readonly string[] = ['absent', 'denied', 'malformed', 'too-large', 'timed-out', 'unsupported'];

function seeConfig(see: See, miss: Miss, fact: string, instance: string, document: Json): void {
  if (typeof document === 'string' && states.includes(document)) miss(fact, instance, document as ObservationState);
  else if (fact === 'kubelet.drop-ins')
    see(fact, instance, { directory: '/etc/kubernetes/kubelet.conf.d', files: document });
  else see(fact, instance, { path: `/etc/case/${fact}`, asSeen: `/etc/case/${fact}`, document });
}

function seeFile(see: See, miss: Miss, file: CaseFile): void {
  if (file.state && file.state !== 'observed') {
    miss('file', file.path, file.state);
    if (file.certificates === undefined) miss('certificates', file.path, file.state);
    return;
  }
  const uid = file.uid ?? 0;
  const gid = file.gid ?? 0;
  const value: FileValue = {
    type: file.type ?? 'file',
    mode: file.mode ?? '0600',
    uid,
    gid,
    owner: file.owner ?? (uid === 0 ? 'root' : null),
    group: file.group ?? (gid === 0 ? 'root' : null),
    ...(file.target === undefined ? {} : { target: file.target }),
  };
  see('file', file.path, value as unknown as Json);
  if (!file.certificates) return;
  const certificates = file.certificates.map((one) => ({
    subject: 'CN=case',
    issuer: 'CN=authority',
    notBefore: '2025-01-01T00:00:00.000Z',
    notAfter: '2027-01-01T00:00:00.000Z',
    isCA: false,
    extKeyUsage: [],
    publicKey: 'aa',
    ...one,
  }));
  see('certificates', file.path, { certificates, privateKeys: 0 });
}

/** All leaves and inner conditions of a control's check, for the mutation test. */
export function conditionsOf(control: Control): readonly Condition[] {
  const check = control.check;
  if (!check) return [];
  return check.pass ? [check.pass] : (check.decide ?? []).flatMap((clause) => (clause.when ? [clause.when] : []));
}
