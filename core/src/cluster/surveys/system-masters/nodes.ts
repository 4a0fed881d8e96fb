import type { Evidence } from '../../../check/truth.ts';
import type { CertificatesValue, FileSetValue, KubeconfigValue } from '../../../facts.ts';
import { type NodeView, observedValue } from '../../../node-view.ts';
import type { Observation } from '../../../observation.ts';
import type { ClusterNode } from '../../cluster-view.ts';
import { limited } from '../../evidence.ts';
import type { Judged } from '../../survey.ts';
import { organizationsOf } from './organizations.ts';

/** Which group is looked for, which named set holds keys for emergencies, and what time it is. */
export interface Sought {
  readonly group: string;
  readonly emergency: string;
  readonly now: string;
}

/** Where a certificate of the group lies: ready for use, put away for emergencies, or beside a component that uses it. */
type Place = 'daily' | 'emergency' | 'component' | 'unseen';

interface Found {
  readonly place: Place;
  readonly line: Evidence;
  readonly until?: string;
}

/** The verdict on one node: which certificates of the group lie on it. */
export function judgeNodeKeys(node: ClusterNode, sought: Sought): Judged {
  const subject = `node/${node.name}`;
  const verdict = (status: Judged['status'], reason: string, message: string): Judged => {
    return { subject, status, reason, message, evidence: [] };
  };
  if (node.os === 'windows') return verdict('not-applicable', 'os', 'No agent looks at Windows nodes.');
  if (!node.reporting) return verdict('error', 'no-agent', 'No agent reports from this node.');
  const view = node.view();
  if (view.all('kubeconfig').length === 0)
    return verdict(
      'error',
      'not-observed',
      'The agent of this node tells of no kubeconfig, not even the one of the kubelet.',
    );
  const found = [...inKubeconfigs(view, sought), ...inFiles(view, sought), ...unseenSets(view)];
  const until = found.flatMap((one) => one.until ?? []).sort()[0];
  const evidence = limited(found.length > 0 ? found.map(({ line }) => line) : nothing(view, sought));
  return { ...verdict(...summary(found, sought)), evidence, ...(until === undefined ? {} : { validUntil: until }) };
}

function summary(found: readonly Found[], { group }: Sought): [Judged['status'], string, string] {
  const first = (place: Place) => found.find((one) => one.place === place)?.line;
  const [daily, emergency, component, unseen] = [
    first('daily'),
    first('emergency'),
    first('component'),
    first('unseen'),
  ];
  if (daily) return ['fail', 'daily-key', `${daily.subject} signs in with ${group}: ${String(daily.actual)}`];
  if (emergency) {
    return [
      'warn',
      'emergency-key',
      `${emergency.subject} is a key for emergencies, better kept off the node: ${String(emergency.actual)}`,
    ];
  }
  if (component) return ['warn', 'component-key', `A component signs in with ${group}: ${component.subject}`];
  if (unseen) return ['warn', 'not-all-seen', `Not every kubeconfig could be looked into: ${unseen.subject}`];
  return ['pass', 'as-expected', `No certificate on this node is of ${group}.`];
}

function inKubeconfigs(view: NodeView, sought: Sought): readonly Found[] {
  const set = observedValue<FileSetValue>(view.get('files', sought.emergency));
  const emergencies = new Set(set?.paths ?? []);
  return view.all('kubeconfig').flatMap((observation): readonly Found[] => {
    const value = observedValue<KubeconfigValue>(observation);
    if (!value)
      return observation.state === 'absent' ? [] : [unseen(observation, observation.detail ?? observation.state)];
    const place = emergencies.has(observation.subject) ? 'emergency' : 'daily';
    const rest = value.truncated ? [unseen(observation, 'there are more users than are looked at')] : [];
    const users = value.users.flatMap(({ name, certificate, problem }) => {
      if (problem) return unseen(observation, `${name}: ${problem}`);
      const held = certificate && lineOf(observation, certificate, name, sought);
      return held ? ({ ...held, place } as const) : [];
    });
    return [...users, ...rest];
  });
}

/** Certificates beside components (the API server's own for kubelets, up to kubeadm 1.28): its key lies next to it. */
function inFiles(view: NodeView, sought: Sought): readonly Found[] {
  return view.all('certificates').flatMap((observation) => {
    const certificates = observedValue<CertificatesValue>(observation)?.certificates ?? [];
    return certificates.flatMap((one) => {
      const held = one.isCA ? undefined : lineOf(observation, one, 'certificate', sought);
      return held ? ({ ...held, place: 'component' } as const) : [];
    });
  });
}

function lineOf(
  observation: Observation,
  { subject, notAfter }: { readonly subject: string; readonly notAfter: string },
  key: string,
  { group, now }: Sought,
): Omit<Found, 'place'> | undefined {
  if (!organizationsOf(subject).includes(group) || notAfter <= now) return undefined;
  const actual = `${subject}, until ${notAfter}`;
  return { line: evidenceOf(observation, key, actual, false, `no ${group}`), until: notAfter };
}

function evidenceOf(
  { fact, subject, observedAt }: Observation,
  key: string,
  actual: string,
  holds: boolean | null,
  expected: string,
): Evidence {
  return { fact, subject, actual, expected, origin: { kind: 'file', path: subject, key }, holds, observedAt };
}

function unseen(observation: Observation, why: string): Found {
  return { place: 'unseen', line: evidenceOf(observation, '', why, null, 'readable') };
}

/** Sets of kubeconfigs of which it is not known what they hold. */
function unseenSets(view: NodeView): readonly Found[] {
  return view
    .all('files')
    .filter(({ subject, state }) => subject.endsWith('.kubeconfig') && state !== 'observed' && state !== 'absent')
    .map((observation) => unseen(observation, observation.detail ?? observation.state));
}

function nothing(view: NodeView, { group }: Sought): readonly Evidence[] {
  return view
    .all('kubeconfig')
    .filter(({ state }) => state === 'observed')
    .map((observation) => evidenceOf(observation, 'users', `nobody of ${group}`, true, `no ${group}`));
}
