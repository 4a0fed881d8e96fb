import type { Evidence } from '../../check/truth.ts';
import { fieldEvidence } from '../evidence.ts';
import type { ClusterObject } from '../objects.ts';
import { type CheckSet, checkNames, checkSet } from '../pod-security/index.ts';
import { subjectOf } from '../subject.ts';
import type { Doubt, Part, Refusal } from './coverage.ts';
import type { Reach } from './match.ts';
import { probesOf } from './probe/probes.ts';
import type { RuleEffect } from './probe/refused.ts';

/** A rule of a policy engine. `effect` undefined: it cannot be understood, and may refuse what it `mentions`. */
export interface EngineRule {
  readonly policy: ClusterObject;
  /** The field of the policy that holds the rule. */
  readonly key: string;
  readonly effect: RuleEffect | undefined;
  readonly mentions: CheckSet;
  readonly reach: (namespace: ClusterObject) => Reach;
  /** Holes that its owner should know of: exceptions, failure policies. */
  readonly notes: readonly Evidence[];
}

/** What rules of engines refuse in a namespace, and where they leave doubts. */
export function partOf(rules: readonly EngineRule[], namespace: ClusterObject): Part {
  const refusals: Refusal[] = [];
  const notes: Evidence[] = [];
  const doubts: Doubt[] = [];
  for (const rule of rules) {
    const reach = rule.reach(namespace);
    if (reach === 'none') continue;
    notes.push(...rule.notes);
    const { effect } = rule;
    if (reach === 'partly') notes.push(line(rule, 'reaches some of the pods', null));
    else if (reach === 'unclear' || !effect) doubts.push(notUnderstood(rule, rule.mentions, notes));
    else {
      if (effect.refused !== 0) refusals.push({ checks: effect.refused, evidence: line(rule, 'refuses', true) });
      if (effect.butEphemeral !== 0) doubts.push(butEphemeral(rule, effect.butEphemeral));
      if (effect.unclear) doubts.push(notUnderstood(rule, rule.mentions & ~effect.refused, notes));
    }
  }
  return { refusals, notes, doubts };
}

/** A rule as a line of evidence. */
export function line(
  { policy, key }: Pick<EngineRule, 'policy' | 'key'>,
  actual: string,
  holds: boolean | null,
): Evidence {
  const field = { kind: policy.kind, namespace: policy.namespace, name: policy.name, key };
  return fieldEvidence(field, actual, 'such pods are refused', holds);
}

function nameOf({ policy, key }: EngineRule): string {
  return `${subjectOf(policy.kind, policy.namespace, policy.name)} (${key})`;
}

function notUnderstood(rule: EngineRule, checks: CheckSet, notes: Evidence[]): Doubt {
  notes.push(line(rule, 'cannot be understood', null));
  const message = `Look at ${nameOf(rule)}: it may restrict pods, and its rule cannot be understood here.`;
  return { status: 'warn', reason: 'not-understood', message, checks };
}

function butEphemeral(rule: EngineRule, checks: CheckSet): Doubt {
  const message = `${nameOf(rule)} refuses such containers, but not when they are added to a running pod for debugging.`;
  return { status: 'warn', reason: 'ephemeral-containers', message, checks };
}

const inContainers = checkSet(
  checkNames.filter((name) => probesOf(name).some(({ list }) => list === 'ephemeralContainers')),
);

/** The same rule where requests that add debug containers never reach it. */
export function withoutEphemeral({ refused, butEphemeral: most, unclear }: RuleEffect): RuleEffect {
  return { refused: refused & ~inContainers, butEphemeral: most | (refused & inContainers), unclear };
}

const keyWords: readonly (readonly [word: RegExp, checks: readonly string[]])[] = [
  [/privileged/i, ['privileged']],
  [/hostPID/i, ['hostPID']],
  [/hostIPC/i, ['hostIPC']],
  [/hostNetwork/i, ['hostNetwork']],
  [/hostPath|volumes/i, ['hostPath', 'volumes']],
  [/hostPort/i, ['hostPorts']],
  [/probe|lifecycle/i, ['hostProbes']],
  [/capabilit/i, ['capabilities', 'capabilitiesRestricted', 'netRaw']],
  [/procMount/i, ['procMount', 'procMountRestricted']],
  [/seccomp/i, ['seccomp', 'seccompRestricted']],
  [/apparmor/i, ['appArmor']],
  [/selinux/i, ['seLinux']],
  [/sysctl/i, ['sysctls']],
  [/hostProcess/i, ['windowsHostProcess']],
  [/allowPrivilegeEscalation|privilegeEscalation/i, ['allowPrivilegeEscalation']],
  [/runAs/i, ['runAsNonRoot', 'runAsUser']],
  [/podSecurity/i, [...checkNames]],
];

/** The checks whose fields a text names. A rule that names none of a check cannot tell by it which pods to refuse. */
export function mentionedIn(text: string): CheckSet {
  return keyWords.reduce((set, [word, checks]) => (word.test(text) ? set | checkSet(checks) : set), 0);
}
