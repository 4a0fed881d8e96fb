import Type, { type Static } from 'typebox';
import { type AuditAnswer, type AuditRequest, auditLevel } from '../../audit/audit-level.ts';
import { type AuditLevel, type AuditPolicy, auditLevels } from '../../audit/policy.ts';

/** Somebody on whose behalf requests are asked. */
export const Identity = Type.Object(
  { user: Type.String(), groups: Type.Array(Type.String()) },
  { additionalProperties: false },
);
export type Identity = Static<typeof Identity>;

/**
 * Requests that must be recorded: each verb on each resource, at Metadata or above, and not above `atMost`. Resources are written
 * `pods`, `pods/exec`, `deployments.apps`, `certificatesigningrequests.certificates.k8s.io/approval`. `cluster`: they live in no namespace.
 */
export const Asked = Type.Object(
  {
    verbs: Type.Array(Type.String(), { minItems: 1 }),
    of: Type.Array(Type.String(), { minItems: 1 }),
    cluster: Type.Optional(Type.Boolean()),
    atMost: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type Asked = Static<typeof Asked>;

/** How one verb on one resource is recorded: the least and the most over whom and where it was asked. */
export interface Answer {
  readonly verb: string;
  readonly resource: string;
  readonly least: AuditAnswer & Place;
  readonly most: AuditAnswer;
  /** Whom or what namespace the policy itself leaves out by name, although it records the rest. */
  readonly except: Place | undefined;
  readonly tooMuch: boolean;
}

/** Who asked, and where. */
export interface Place {
  readonly user: string;
  readonly namespace: string;
}

interface Domain {
  readonly identities: readonly Identity[];
  readonly namespaces: readonly string[];
  readonly requests: readonly Asked[];
}

/** Asks the policy everything, for the given identities and namespaces and for those that it names itself. */
export function answersOf(policy: AuditPolicy, domain: Domain): readonly Answer[] {
  const named = namedIn(policy, domain);
  return domain.requests.flatMap((asked) =>
    asked.of.flatMap((resource) =>
      asked.verbs.map((verb) => answerOf(policy, { ...asked, resource, verb }, domain, named)),
    ),
  );
}

type One = Asked & { readonly resource: string; readonly verb: string };
type Names = Pick<Domain, 'identities' | 'namespaces'>;

function answerOf(policy: AuditPolicy, one: One, domain: Names, named: Names): Answer {
  const ask = (identities: readonly Identity[], namespaces: readonly string[]) =>
    identities.flatMap((identity) =>
      (one.cluster ? [''] : namespaces).map((namespace) => ({
        user: identity.user,
        namespace,
        ...auditLevel(policy, requestOf(one, identity, namespace)),
      })),
    );
  const usual = ask(domain.identities, domain.namespaces);
  const special = [
    ...ask(named.identities, domain.namespaces),
    ...ask(domain.identities, one.cluster ? [] : named.namespaces),
  ];
  const least = lowest(usual);
  const most = [...usual, ...special].reduce((a, b) => (rank(b.level) > rank(a.level) ? b : a));
  const except = special.find(({ level }) => level === 'None');
  const limit = auditLevels.indexOf(one.atMost as AuditLevel);
  return {
    verb: one.verb,
    resource: one.resource,
    least,
    most,
    except: least.level === 'None' || !except ? undefined : { user: except.user, namespace: except.namespace },
    tooMuch: limit >= 0 && rank(most.level) > limit,
  };
}

function lowest<T extends AuditAnswer>(answers: readonly T[]): T {
  return answers.reduce((a, b) => (rank(b.level) < rank(a.level) ? b : a));
}

function rank(level: AuditLevel): number {
  return auditLevels.indexOf(level);
}

function requestOf({ resource, verb }: One, { user, groups }: Identity, namespace: string): AuditRequest {
  const [whole = '', subresource = ''] = resource.split('/');
  const dot = whole.indexOf('.');
  const asked =
    dot < 0
      ? { group: '', resource: whole, subresource }
      : { group: whole.slice(dot + 1), resource: whole.slice(0, dot), subresource };
  return { user, groups, verb, resource: asked, namespace, name: '', path: '' };
}

/** Names that a policy singles out, without those of Kubernetes itself: excluding what components do all day is usual. */
function namedIn({ rules }: AuditPolicy, { namespaces }: Names): Names {
  const silent = rules.filter(({ level }) => level === 'None');
  const people = (names: readonly string[]) => names.filter((name) => !name.startsWith('system:'));
  const users = new Set(silent.flatMap((rule) => people(rule.users)));
  const groups = new Set(silent.flatMap((rule) => people(rule.userGroups)));
  return {
    identities: [
      ...[...users].map((user) => ({ user, groups: ['system:authenticated'] })),
      ...[...groups].map((group) => ({ user: `a member of ${group}`, groups: [group, 'system:authenticated'] })),
    ],
    namespaces: [...new Set(silent.flatMap((rule) => rule.namespaces))].filter(
      (name) => name !== '' && !namespaces.includes(name),
    ),
  };
}
