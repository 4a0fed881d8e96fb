import { isJsonObject, type Json, type JsonObject } from '../../../json.ts';
import { checkSet, checksOf, newestPolicy, withImplied } from '../../pod-security/index.ts';
import { objectIn, objectsIn, textIn } from '../../pod-security/pod.ts';
import { celRule } from '../probe/cel-rule.ts';
import { effectOf, type Rule, type RuleEffect } from '../probe/refused.ts';
import { asksEveryPod, denyRule, foreachRule } from './conditions.ts';
import { fitsPattern } from './pattern.ts';

/** What a rule of a Kyverno policy refuses, by what it does with pods; undefined where it cannot be understood. */
export function effectOfRule(rule: JsonObject): RuleEffect | undefined {
  const validate = objectIn(rule, 'validate');
  if (!asksEveryPod(rule['preconditions'])) return undefined;
  if (isJsonObject(validate['podSecurity'])) return byStandard(validate['podSecurity']);
  const understood = ruleOf(rule, validate);
  return understood && effectOf(understood);
}

function ruleOf(rule: JsonObject, validate: JsonObject): Rule | undefined {
  const { pattern, anyPattern, deny, foreach, cel } = validate;
  if (isJsonObject(pattern)) return anyOf([pattern]);
  if (Array.isArray(anyPattern)) return anyOf(anyPattern);
  // Variables of a context come from anywhere.
  if (rule['context'] !== undefined) return undefined;
  if (isJsonObject(deny)) return denyRule(deny);
  if (Array.isArray(foreach)) return foreachRule(objectsIn(validate, 'foreach'));
  return isJsonObject(cel) ? byCel(rule, cel) : undefined;
}

function anyOf(patterns: readonly Json[]): Rule {
  return (pod) => {
    const fits = patterns.map((one) => fitsPattern(one, pod));
    if (fits.some((fit) => fit === 'yes' || fit === 'skip')) return 'admitted';
    return fits.includes('unclear') ? undefined : 'refused';
  };
}

function byCel(rule: JsonObject, cel: JsonObject): Rule | undefined {
  if (cel['paramKind'] !== undefined) return undefined;
  const texts = (list: readonly JsonObject[]) => list.map((one) => textIn(one, 'expression') ?? '');
  return celRule({
    validations: texts(objectsIn(cel, 'expressions')),
    conditions: texts(objectsIn(rule, 'celPreconditions')),
    variables: objectsIn(cel, 'variables').map((one) => ({
      name: textIn(one, 'name') ?? '',
      expression: textIn(one, 'expression') ?? '',
    })),
  });
}

/** Controls of the Pod Security Standards by the names that Kyverno gives them. */
const controls: Readonly<Record<string, readonly string[]>> = {
  'Host Namespaces': ['hostPID', 'hostIPC', 'hostNetwork'],
  'Privileged Containers': ['privileged'],
  Capabilities: ['capabilities', 'capabilitiesRestricted', 'netRaw'],
  'HostPath Volumes': ['hostPath', 'volumes'],
  'Host Ports': ['hostPorts'],
  AppArmor: ['appArmor'],
  SELinux: ['seLinux'],
  '/proc Mount Type': ['procMount', 'procMountRestricted'],
  Seccomp: ['seccomp', 'seccompRestricted'],
  Sysctls: ['sysctls'],
  HostProcess: ['windowsHostProcess'],
  'Volume Types': ['volumes', 'hostPath'],
  'Privilege Escalation': ['allowPrivilegeEscalation'],
  'Running as Non-root': ['runAsNonRoot', 'runAsUser'],
  'Running as Non-root user': ['runAsUser'],
};

/**
 * `validate.podSecurity`: a level of the standards. An exclusion, even of some images, takes its control out: pods with such images may break it. Which policy `latest` is depends on the
 * release of Kyverno, so that the newest check counts only where the version is named.
 */
function byStandard(standard: JsonObject): RuleEffect | undefined {
  const version = textIn(standard, 'version') ?? 'latest';
  const named = /^v1\.(\d{1,3})$/.exec(version)?.[1];
  const level = textIn(standard, 'level') ?? '';
  if (named === undefined && version !== 'latest') return undefined;
  const all = withImplied(checksOf(level, named === undefined ? newestPolicy : Number(named)));
  const excluded = objectsIn(standard, 'exclude').map((one) => textIn(one, 'controlName') ?? '');
  if (all === 0 || excluded.some((name) => !Object.hasOwn(controls, name))) return undefined;
  const out = checkSet(excluded.flatMap((name) => controls[name] ?? []));
  const young = named === undefined ? checkSet(['hostProbes']) : 0;
  return { refused: all & ~out & ~young, butEphemeral: 0, unclear: false };
}
