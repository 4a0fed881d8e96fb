import Type, { type Static } from 'typebox';
import type { Evidence } from '../../check/truth.ts';
import { type ApiServer, apiServersOf, isGiven, judgeServers, type Part, settingEvidence } from '../control-plane.ts';
import { limited } from '../evidence.ts';
import { rbacResources } from '../rbac/graph.ts';
import type { Survey } from '../survey.ts';
import { authenticatorsOf } from '../users/authenticators.ts';
import { type BoundName, boundPeople, type IssuedCertificate, issuedCertificates } from '../users/people.ts';

const Schema = Type.Object(
  {
    /** Signers whose certificates the API server takes from people. */
    signers: Type.Array(Type.String(), { minItems: 1 }),
    /** Names by which API servers speak to aggregated ones. */
    aggregators: Type.Array(Type.String(), { minItems: 1 }),
  },
  { additionalProperties: false },
);
type With = Static<typeof Schema>;

/**
 * Do people log in with client certificates? A certificate leaves no trace in the API, so that this follows from what else there is: another
 * way to log in, names in bindings that nothing else could prove, and requests for certificates.
 */
export const clientCertificates: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => [...rbacResources, 'certificatesigningrequests'],
  facts: true,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const sought = operands as unknown as With;
    const people = boundPeople(context);
    const issued = issuedCertificates(context, sought.signers);
    return [judgeServers(apiServersOf(context), (server) => judgeServer(server, sought, people, issued))];
  },
};

function judgeServer(
  server: ApiServer,
  { aggregators }: With,
  bound: readonly BoundName[],
  issued: readonly IssuedCertificate[],
): Part {
  const authority = server.settings.get('client-ca-file');
  if (!authority.known) return { ...authority, status: 'error', message: authority.detail, evidence: [] };
  const ca = settingEvidence(server, authority, 'no certificate is taken', !isGiven(authority));
  if (!isGiven(authority)) {
    const message = 'No client certificate is taken.';
    return { status: 'pass', reason: 'certificates-off', message, evidence: [ca] };
  }
  const { external, looked, prefixes, tokenFile, unknown } = authenticatorsOf(server, aggregators);
  if (unknown) return { status: 'error', reason: unknown.reason, message: unknown.detail, evidence: looked };
  const people = bound.filter(({ name }) => !prefixes.some((prefix) => name.startsWith(prefix)));
  const make = (status: Part['status'], reason: string, message: string, lines: readonly Evidence[]): Part => ({
    ...{ status, reason, message },
    evidence: limited(lines),
  });
  const proven = issued.filter(({ person }) => person !== undefined);
  const certificates = issued.map(({ line }) => line);
  const names = people.map(({ line }) => line);
  if (proven.length > 0) {
    const message = `Client certificates were issued for ${shown(proven.map(({ person }) => person ?? ''))}.`;
    return make('fail', 'certificates-issued', message, [...certificates, ...names]);
  }
  const whose = shown(people.map(({ kind, name }) => `${kind} ${name}`));
  if (people.length > 0 && external.length === 0 && !tokenFile) {
    const message = `Roles are bound to ${whose}, and nothing but a client certificate can prove these names.`;
    return make('fail', 'certificates-only', message, [...names, ...looked]);
  }
  if (external.length === 0) {
    const message =
      'No provider of identities is configured, so that people have no way to log in but certificates, tokens, and the file that set the cluster up (admin.conf): confirm who uses these.';
    return make('warn', 'no-other-login', message, [...looked, ...names, ...certificates]);
  }
  if (people.length > 0 || issued.length > 0) {
    const what =
      people.length > 0 ? `roles are bound to ${whose}` : 'certificates were issued to names that cannot be read';
    const message = `A provider of identities is configured, and ${what}; confirm that these names come from the provider, since a certificate proves them as well.`;
    const open = names.map((line) => ({ ...line, holds: null }));
    return make('warn', 'may-be-certificates', message, [...external, ...open, ...certificates]);
  }
  const message =
    'People log in through a provider of identities; no other name has a role, and no certificate was issued.';
  return make('pass', 'as-expected', message, external);
}

function shown(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const more = distinct.length > 3 ? ` and ${distinct.length - 3} more` : '';
  return `${distinct.slice(0, 3).join(', ')}${more}`;
}
