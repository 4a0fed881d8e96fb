import Type from 'typebox';
import type { Evidence } from '../../../check/truth.ts';
import { counted } from '../../../words.ts';
import { fieldEvidence, limited } from '../../evidence.ts';
import { type Isolation, isolationOf } from '../../network/isolation.ts';
import type { NetworkPolicy, SelectedNamespace } from '../../network/policy.ts';
import type { Workload } from '../../objects.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';
import { isComponent } from '../pod-policy/components.ts';
import { accountOf } from '../tokens/token.ts';
import { adminPolicies, policiesFor, policyResources } from './policies.ts';

/** Are the pods of a namespace isolated by network policies, whoever wrote them? */
export const networkCoverage: Survey = {
  schema: Type.Object({}, { additionalProperties: false }),
  each: 'namespace',
  needs: () => ['namespaces', 'pods', ...policyResources],
  facts: false,
  judge(context, _operands, namespace) {
    const labels = context.view.get('namespaces', '', namespace)?.labels ?? {};
    const policies = policiesFor(context, namespace);
    const workloads = context.view.workloads(namespace);
    const pods = workloads.filter(({ spec }) => spec['hostNetwork'] !== true);
    const scope: Scope = {
      ...{ context, policies, hosted: workloads.length - pods.length },
      namespace: { name: namespace, labels },
    };
    return [{ subject: `namespace/${namespace}`, ...(pods.length === 0 ? onEmpty(scope) : onPods(scope, pods)) }];
  },
};

interface Scope {
  readonly context: ClusterContext;
  readonly namespace: SelectedNamespace;
  readonly policies: readonly NetworkPolicy[];
  /** Workloads in the network of their node, which no policy of this kind isolates. */
  readonly hosted: number;
}

type Verdict = Omit<Judged, 'subject'>;

/** Nothing that a policy could select runs: what counts is whether the first pod would be isolated, whatever its labels. */
function onEmpty({ context, namespace, policies, hosted }: Scope): Verdict {
  const whole = policies.filter((policy) => policy.whole);
  const { state, by } = isolationOf(whole, 'ingress', { labels: {}, account: 'default' }, namespace);
  const isolated = state === 'isolated' && by !== undefined;
  const what =
    hosted > 0
      ? `Only what is in the network of its node runs here (${counted(hosted, 'workload')})`
      : 'Nothing runs here';
  const line = isolated
    ? policyLine(by, 'isolates whatever pod comes', true)
    : namespaceLine(namespace.name, 'no policy isolates whatever pod comes', context.isSystem(namespace.name));
  const evidence = [line];
  if (isolated)
    return {
      status: 'pass',
      reason: 'default-deny',
      message: `${what}, and what comes is isolated by ${nameOf(by)}.`,
      evidence,
    };
  if (context.isSystem(namespace.name))
    return {
      status: 'pass',
      reason: 'system-namespace',
      message: `${what}; it is a namespace of the system.`,
      evidence,
    };
  const message = `${what}, and no policy isolates incoming traffic by default: the first pod will be open to all others.`;
  return { status: 'fail', reason: 'no-default-deny', message, evidence };
}

interface Seen {
  readonly workload: Workload;
  readonly ingress: Isolation;
  readonly egress: Isolation;
}

function onPods(scope: Scope, workloads: readonly Workload[]): Verdict {
  const { context, namespace, policies } = scope;
  const seen = workloads.map((workload): Seen => {
    const pod = { labels: workload.labels, account: accountOf(workload) };
    return {
      workload,
      ingress: isolationOf(policies, 'ingress', pod, namespace),
      egress: isolationOf(policies, 'egress', pod, namespace),
    };
  });
  const open = seen.filter(({ ingress }) => ingress.state !== 'isolated');
  if (open.length === 0) return onIsolated(scope, seen);
  const evidence = limited(open.map(lineOf));
  const make = (status: Verdict['status'], reason: string, message: string) => ({ status, reason, message, evidence });
  const certain = open.filter(({ ingress }) => ingress.state !== 'unclear');
  const which = `Not isolated from incoming traffic: ${open.length} of ${counted(seen.length, 'workload')} (${named(open)}).`;
  if (context.isSystem(namespace.name)) {
    const foreign = open.filter(({ workload }) => !isComponent(workload));
    if (foreign.length === 0)
      return make('pass', 'system-default', `Only components of Kubernetes itself are open. ${which}`);
    return make('warn', 'system-namespace', `It is a namespace of the system. ${which}`);
  }
  if (certain.length === 0) {
    const by = open[0]?.ingress.by;
    return make(
      'warn',
      'policy-not-understood',
      `${by ? nameOf(by) : 'A policy'} cannot be understood; confirm what it selects. ${which}`,
    );
  }
  const admins = adminPolicies(context);
  if (admins > 0) {
    const message = `${which} Policies of administrators exist (${admins}), which are not counted; confirm what they deny here.`;
    return make('warn', 'admin-policies', message);
  }
  return make('fail', 'not-isolated', which);
}

function onIsolated({ namespace, hosted }: Scope, seen: readonly Seen[]): Verdict {
  const byPolicy = Map.groupBy(seen, ({ ingress }) => ingress.by);
  const lines = [...byPolicy].flatMap(([policy, some]) =>
    policy
      ? [
          policyLine(
            policy,
            `isolates ${some.length} of ${counted(seen.length, 'workload')} from incoming traffic`,
            true,
          ),
        ]
      : [],
  );
  const free = seen.filter(({ egress }) => egress.state !== 'isolated');
  const out =
    free.length === 0
      ? 'Outgoing traffic is isolated as well.'
      : `Outgoing traffic of ${free.length} of them is not isolated.`;
  const outLine = namespaceLine(
    namespace.name,
    `outgoing traffic of ${seen.length - free.length} of ${counted(seen.length, 'workload')} is isolated`,
    free.length === 0 ? true : null,
  );
  const host = hosted > 0 ? ` In the network of their node, where policies do not reach: ${hosted} more.` : '';
  const message = `Isolated from incoming traffic: all of ${counted(seen.length, 'workload')}. ${out}${host}`;
  return { status: 'pass', reason: 'as-expected', message, evidence: limited([...lines, outLine]) };
}

const expected = 'incoming traffic is isolated';

function lineOf({ workload, ingress }: Seen): Evidence {
  const { owner, namespace } = workload;
  const by = ingress.by ? nameOf(ingress.by) : '';
  const says = {
    isolated: `isolated by ${by}`,
    opened: `${by} allows everything`,
    uncovered: 'no policy selects it',
    unclear: `${by} cannot be understood`,
  }[ingress.state];
  const field = { kind: owner.kind, namespace, name: owner.name, key: 'metadata.labels' };
  return fieldEvidence(field, says, expected, ingress.state === 'unclear' ? null : false);
}

function policyLine({ kind, namespace, name }: NetworkPolicy, actual: string, holds: boolean): Evidence {
  return fieldEvidence({ kind, namespace, name, key: 'spec' }, actual, expected, holds);
}

function namespaceLine(name: string, actual: string, holds: boolean | null): Evidence {
  return fieldEvidence({ kind: 'Namespace', namespace: '', name, key: 'policies' }, actual, expected, holds);
}

function nameOf({ kind, namespace, name }: NetworkPolicy): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

function named(seen: readonly Seen[]): string {
  const names = seen.slice(0, 3).map(({ workload: { owner } }) => `${owner.kind} ${owner.name}`);
  return `${names.join(', ')}${seen.length > 3 ? ` and ${seen.length - 3} more` : ''}`;
}
