import type { Evidence } from '../../check/truth.ts';
import type { Minor } from '../../version.ts';
import { fieldEvidence } from '../evidence.ts';
import type { ClusterObject } from '../objects.ts';
import { checksOf, namesIn, policyMinor, withImplied } from '../pod-security/index.ts';
import type { ClusterContext } from '../survey.ts';
import { type AdmittingServer, admittingServersOf, type PodSecurityConfig } from './api-servers.ts';
import { type Doubt, nothing, type Part, type Refusal } from './coverage.ts';

const enforceLabel = 'pod-security.kubernetes.io/enforce';
const versionLabel = 'pod-security.kubernetes.io/enforce-version';

/** What Pod Security Admission refuses in a namespace. Several API servers may differ: what the weakest lets in gets in. */
export function podSecurityAdmission(context: ClusterContext, namespace: ClusterObject): Part {
  const { servers, doubt } = admittingServersOf(context);
  if (servers.length === 0) return withoutServers(context, namespace, doubt);
  const parts = servers.map((server) => onServer(server, namespace, context.minor));
  const unseen = doubt && !isLabelled(namespace) ? [doubt] : [];
  return weakestOf(parts, [...unseen, ...parts.flatMap((part) => part.doubts)]);
}

function weakestOf(all: readonly Part[], doubts: readonly Doubt[]): Part {
  const sure = all.filter((part) => part.doubts.length === 0);
  const parts = sure.length > 0 ? sure : all;
  const weakest = parts.reduce((weak, part) => (countOf(part) < countOf(weak) ? part : weak));
  const checks = parts.reduce((set, part) => set & setOf(part), -1);
  if (doubts.length > 0) {
    // What one server is known to let in gets in, whatever another one does.
    const most = sure.length > 0 ? checks : -1;
    return { notes: weakest.notes, refusals: [], doubts: doubts.map((one) => ({ ...one, checks: most })) };
  }
  const refusals = checks === 0 ? [] : weakest.refusals.map((one) => ({ ...one, checks }));
  const others = parts.filter((part) => setOf(part) !== checks).flatMap((part) => part.refusals);
  const differ = others.map(({ evidence }) => ({ ...evidence, holds: null, expected: 'the same on every API server' }));
  return { refusals, notes: [...weakest.notes, ...differ], doubts };
}

function setOf(part: Part): number {
  return part.refusals[0]?.checks ?? 0;
}

function countOf(part: Part): number {
  return namesIn(setOf(part)).length;
}

function isLabelled(namespace: ClusterObject): boolean {
  return Object.hasOwn(namespace.labels, enforceLabel);
}

function onServer(server: AdmittingServer, namespace: ClusterObject, given: Minor | undefined): Part {
  const minor = server.minor ?? given;
  const config = server.podSecurity;
  const on = isOn(server, minor);
  if (on === false) {
    const evidence = ofServer(server, 'PodSecurity is off', 'PodSecurity is on', server.pluginsOrigin, false);
    return { ...nothing, notes: [evidence] };
  }
  if (on === undefined || !config) return { ...nothing, doubts: [server.doubt ?? noVersion] };
  if (config.namespaces.includes(namespace.name)) {
    const origin = { ...config.origin, key: 'PodSecurity exemptions.namespaces' };
    return { ...nothing, notes: [ofServer(server, namespace.name, 'no exempted namespace', origin, false)] };
  }
  const part = isLabelled(namespace)
    ? byLabel(namespace, minor, config.version)
    : byDefault(server, namespace, config, minor);
  return { ...part, notes: [...part.notes, ...exemptions(server, config)] };
}

const noVersion: Doubt = {
  status: 'error',
  reason: 'version-unknown',
  message: 'The version of the API server is not known, and with it whether Pod Security Admission is on.',
};

/** Up to 1.22 the plugin does nothing without its gate, in 1.23 and 1.24 the gate can switch it off. */
function isOn(server: AdmittingServer, minor: Minor | undefined): boolean | undefined {
  if (!server.plugins || minor === undefined) return undefined;
  if (!server.plugins.has('PodSecurity')) return false;
  if (minor.major === 1 && minor.minor < 23) return server.gate === true;
  return minor.major === 1 && minor.minor < 25 ? server.gate !== false : true;
}

function byLabel(namespace: ClusterObject, minor: Minor | undefined, fallback: string): Part {
  const label = namespace.labels[enforceLabel] ?? '';
  const version = namespace.labels[versionLabel] ?? fallback;
  return levelPart(label, version, minor, (actual, holds) => labelEvidence(namespace, actual, holds));
}

function labelEvidence(namespace: ClusterObject, actual: string | null, holds: boolean | null): Evidence {
  const field = { kind: 'Namespace', namespace: '', name: namespace.name, key: `metadata.labels[${enforceLabel}]` };
  return fieldEvidence(field, actual, 'a level that refuses such pods', holds);
}

function byDefault(
  server: AdmittingServer,
  namespace: ClusterObject,
  { enforce, version, origin }: PodSecurityConfig,
  minor: Minor | undefined,
): Part {
  const used = namespace.labels[versionLabel] ?? version;
  const part = levelPart(enforce, used, minor, (actual, holds) =>
    ofServer(server, actual, 'a default level that refuses such pods', origin, holds),
  );
  return { ...part, notes: [labelEvidence(namespace, null, part.refusals.length > 0 ? null : false), ...part.notes] };
}

/** As upstream reads labels: a level that is none counts as restricted, a version that is none as the latest. */
function levelPart(
  written: string,
  version: string,
  minor: Minor | undefined,
  evidence: (actual: string, holds: boolean) => Evidence,
): Part {
  const level = written === 'privileged' || written === 'baseline' ? written : 'restricted';
  const newest = policyMinor(minor);
  const asked = /^v1\.(0|[1-9]\d{0,3})$/.exec(version)?.[1];
  const checks = withImplied(checksOf(level, asked === undefined ? newest : Math.min(Number(asked), newest)));
  const read = written === level ? written : `${written}, which is no level and counts as restricted`;
  const actual = asked === undefined ? read : `${read} as of v1.${asked}`;
  if (checks === 0) return { ...nothing, notes: [evidence(actual, false)] };
  const refusal: Refusal = { checks, evidence: evidence(actual, true) };
  return { ...nothing, refusals: [refusal] };
}

/** Where no API server is seen, labels decide on their own: the plugin is on by default since 1.23. */
function withoutServers({ minor }: ClusterContext, namespace: ClusterObject, doubt: Doubt | undefined): Part {
  const old = minor !== undefined && minor.major === 1 && minor.minor < 23;
  if (old || !isLabelled(namespace)) {
    const evidence = labelEvidence(namespace, namespace.labels[enforceLabel] ?? null, old ? false : null);
    return { ...nothing, notes: [evidence], doubts: doubt ? [doubt] : [] };
  }
  return byLabel(namespace, minor, 'latest');
}

function exemptions(
  server: AdmittingServer,
  { usernames, runtimeClasses, origin }: PodSecurityConfig,
): readonly Evidence[] {
  const holes = [
    ['usernames', usernames],
    ['runtimeClasses', runtimeClasses],
  ] as const;
  return holes
    .filter(([, names]) => names.length > 0)
    .map(([key, names]) => {
      const where = { ...origin, key: `PodSecurity exemptions.${key}` };
      return ofServer(server, names, 'nobody is exempted', where, null);
    });
}

function ofServer(
  server: AdmittingServer,
  actual: Evidence['actual'],
  expected: string,
  origin: Evidence['origin'],
  holds: boolean | null,
): Evidence {
  const fact = 'kube-apiserver.admission-config';
  return { fact, subject: `${server.node} ${server.instance}`, actual, expected, origin, holds };
}
