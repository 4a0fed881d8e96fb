import Type, { type Static } from 'typebox';
import type { Evidence } from '../../check/truth.ts';
import { counted } from '../../words.ts';
import { apiServersOf, judgeServers, type Part, settingEvidence } from '../control-plane.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import { type Binding, rbacGraph, rbacResources } from '../rbac/graph.ts';
import { defaultsOf } from '../rbac/path.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';

const Schema = Type.Object(
  {
    /** Keys of the roles that joining takes; kubeadm's own bindings need no mention. */
    roles: Type.Array(Type.String(), { minItems: 1 }),
    /** Hours that a token may live. */
    mostHours: Type.String(),
  },
  { additionalProperties: false },
);
type With = Static<typeof Schema>;

const secrets = 'secrets/bootstrap-tokens';
const hour = 3_600_000;

/** Are bootstrap tokens good for more than joining nodes, or kept? When one ends is in its data, which nobody reads: its age tells. */
export const bootstrapTokens: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => [...rbacResources, secrets],
  facts: true,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const sought = operands as unknown as With;
    const whatHolds = tokensAndRights(context, sought);
    const judged = judgeServers(apiServersOf(context), (server): Part => {
      const enabled = server.settings.get('enable-bootstrap-token-auth');
      if (!enabled.known) return { ...enabled, status: 'error', message: enabled.detail, evidence: [] };
      const on = enabled.value === true;
      const line = settingEvidence(server, enabled, 'off, or tokens that only nodes use', on ? whatHolds.holds : true);
      if (on) return { ...whatHolds, evidence: [...whatHolds.evidence, line] };
      return { status: 'pass', reason: 'switched-off', message: 'Bootstrap tokens are not taken.', evidence: [line] };
    });
    const { validUntil } = whatHolds;
    return [{ ...judged, ...(judged.status === 'pass' && validUntil !== undefined ? { validUntil } : {}) }];
  },
};

type Verdict = Omit<Judged, 'subject'> & { readonly holds: boolean | null };

function tokensAndRights(context: ClusterContext, { roles, mostHours }: With): Verdict {
  const rights = rightsBeyond(context, roles);
  const asked = context.view.state(secrets).state === 'synced';
  const tokens = (asked ? context.view.all(secrets) : []).map((secret) => {
    const ends = Date.parse(secret.created) + Number(mostHours) * hour;
    const young = ends > Date.parse(context.now);
    const known = !Number.isNaN(ends);
    const actual = known ? `made ${secret.created}` : 'of unknown age';
    const expected = `no more than ${mostHours} hours old`;
    return {
      ends,
      line: {
        ...fieldEvidence({ ...secret, key: 'metadata.creationTimestamp' }, actual, expected, known ? young : null),
      },
    };
  });
  const lines = tokens.map(({ line }) => line);
  const make = (holds: boolean | null, reason: string, message: string, evidence: readonly Evidence[]): Verdict => ({
    ...{ status: holds ? 'pass' : holds === null ? 'warn' : 'fail', reason, message, holds },
    evidence: limited(evidence),
  });
  if (rights.length > 0) {
    const what = rights.slice(0, 3).map(({ subject }) => subject);
    return make(false, 'rights-beyond-joining', `Bootstrap tokens may do more than join a node: ${what.join(', ')}.`, [
      ...rights,
      ...lines,
    ]);
  }
  const old = lines.filter(({ holds }) => holds === false);
  if (old.length > 0) {
    const message = `Older than ${mostHours} hours: ${counted(old.length, 'bootstrap token')}, ${old[0]?.subject} among them.`;
    return make(false, 'tokens-kept', message, lines);
  }
  const field = { kind: 'Secret', namespace: 'kube-system', name: '', key: 'type=bootstrap.kubernetes.io/token' };
  if (!asked) {
    const message = `Bootstrap tokens are taken and good only for joining, but how old they are is not known: Secrets of type bootstrap.kubernetes.io/token are not watched. Let the aggregator watch their metadata, or look with kubeadm token list.`;
    return make(null, 'secrets-not-watched', message, [fieldEvidence(field, 'not watched', 'no old token', null)]);
  }
  if (lines.some(({ holds }) => holds === null))
    return make(null, 'age-unknown', 'The age of a bootstrap token is not known.', lines);
  if (tokens.length === 0) {
    const none = [fieldEvidence(field, 'none', 'no old token', true)];
    return make(true, 'no-tokens', 'No bootstrap token exists.', none);
  }
  const message = `${counted(tokens.length, 'bootstrap token')}, good only for joining and younger than ${mostHours} hours.`;
  const first = new Date(Math.min(...tokens.map(({ ends }) => ends))).toISOString();
  return { ...make(true, 'as-expected', message, lines), validUntil: first };
}

/** Bindings by which whoever holds such a token may do more than join. */
function rightsBeyond(context: ClusterContext, roles: readonly string[]): readonly Evidence[] {
  const defaults = defaultsOf(context);
  const isPlain = ({ role }: Binding) => role?.rules.every((rule) => defaults.ships(role, rule)) !== false;
  return rbacGraph(context).bindings.flatMap((binding) =>
    binding.grantees.flatMap((grantee) => {
      if (!isBootstrapper(grantee.kind, grantee.name) || !binding.role) return [];
      const joining = roles.includes(binding.roleKey) || defaults.grants(binding, grantee);
      if (joining && isPlain(binding)) return [];
      const actual = `${grantee.name} has ${binding.roleKey}`;
      return [fieldEvidence({ ...binding.object, key: 'subjects' }, actual, 'only roles for joining', false)];
    }),
  );
}

function isBootstrapper(kind: string, name: string): boolean {
  if (kind === 'user') return name.startsWith('system:bootstrap:');
  return kind === 'group' && (name === 'system:bootstrappers' || name.startsWith('system:bootstrappers:'));
}
