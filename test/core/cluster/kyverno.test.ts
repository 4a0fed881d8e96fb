import { checkSet, type JsonObject, namesIn, withImplied } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { effectOfRule } from '../../../core/src/cluster/admission/kyverno/validate.ts';

/** Rules as people write them, and what they refuse. */
const understood: readonly (readonly [says: string, refused: readonly string[], rule: string])[] = [
  [
    'privileged, in every list',
    ['privileged'],
    `validate:
       pattern:
         spec:
           =(ephemeralContainers): [{=(securityContext): {=(privileged): "false"}}]
           =(initContainers): [{=(securityContext): {=(privileged): "false"}}]
           containers: [{=(securityContext): {=(privileged): "false"}}]`,
  ],
  [
    'containers alone',
    [],
    `validate: {pattern: {spec: {containers: [{=(securityContext): {=(privileged): "false"}}]}}}`,
  ],
  [
    'namespaces of the host',
    ['hostPID', 'hostIPC', 'hostNetwork'],
    `validate: {pattern: {spec: {=(hostPID): "false", =(hostIPC): false, =(hostNetwork): "false"}}}`,
  ],
  ['paths of the host', ['hostPath'], `validate: {pattern: {spec: {=(volumes): [{X(hostPath): "null"}]}}}`],
  [
    'ports of the host',
    ['hostPorts'],
    `validate:
       pattern:
         spec:
           =(ephemeralContainers): [{=(ports): [{=(hostPort): 0}]}]
           =(initContainers): [{=(ports): [{=(hostPort): 0}]}]
           containers: [{=(ports): [{=(hostPort): 0}]}]`,
  ],
  [
    'a range of ports is not all of them',
    [],
    `validate:
       pattern:
         spec:
           =(ephemeralContainers): [{=(ports): [{=(hostPort): "<1024"}]}]
           =(initContainers): [{=(ports): [{=(hostPort): "<1024"}]}]
           containers: [{=(ports): [{=(hostPort): "<1024"}]}]`,
  ],
  [
    'escalation, unset as well',
    ['allowPrivilegeEscalation'],
    `validate:
       pattern:
         spec:
           =(ephemeralContainers): [{securityContext: {allowPrivilegeEscalation: "false"}}]
           =(initContainers): [{securityContext: {allowPrivilegeEscalation: "false"}}]
           containers: [{securityContext: {allowPrivilegeEscalation: "false"}}]`,
  ],
  [
    'escalation only where it is set',
    [],
    `validate:
       pattern:
         spec:
           =(ephemeralContainers): [{=(securityContext): {=(allowPrivilegeEscalation): "false"}}]
           =(initContainers): [{=(securityContext): {=(allowPrivilegeEscalation): "false"}}]
           containers: [{=(securityContext): {=(allowPrivilegeEscalation): "false"}}]`,
  ],
  [
    'root, by the pod or by each container',
    ['runAsNonRoot'],
    `validate:
       anyPattern:
         - spec:
             securityContext: {runAsNonRoot: "true"}
             =(ephemeralContainers): [{=(securityContext): {=(runAsNonRoot): "true"}}]
             =(initContainers): [{=(securityContext): {=(runAsNonRoot): "true"}}]
             containers: [{=(securityContext): {=(runAsNonRoot): "true"}}]
         - spec:
             =(ephemeralContainers): [{securityContext: {runAsNonRoot: "true"}}]
             =(initContainers): [{securityContext: {runAsNonRoot: "true"}}]
             containers: [{securityContext: {runAsNonRoot: "true"}}]`,
  ],
  [
    'seccomp, by the pod or by each container',
    ['seccompRestricted'],
    `validate:
       anyPattern:
         - spec:
             securityContext: {seccompProfile: {type: "RuntimeDefault | Localhost"}}
             =(ephemeralContainers): [{=(securityContext): {=(seccompProfile): {=(type): "RuntimeDefault | Localhost"}}}]
             =(initContainers): [{=(securityContext): {=(seccompProfile): {=(type): "RuntimeDefault | Localhost"}}}]
             containers: [{=(securityContext): {=(seccompProfile): {=(type): "RuntimeDefault | Localhost"}}}]
         - spec:
             =(ephemeralContainers): [{securityContext: {seccompProfile: {type: "RuntimeDefault | Localhost"}}}]
             =(initContainers): [{securityContext: {seccompProfile: {type: "RuntimeDefault | Localhost"}}}]
             containers: [{securityContext: {seccompProfile: {type: "RuntimeDefault | Localhost"}}}]`,
  ],
  [
    'capabilities outside of a list',
    ['capabilities'],
    `preconditions: {all: [{key: "{{ request.operation || 'BACKGROUND' }}", operator: NotEquals, value: DELETE}]}
validate:
       deny:
         conditions:
           all:
             - key: "{{ request.object.spec.[ephemeralContainers, initContainers, containers][].securityContext.capabilities.add[] }}"
               operator: AnyNotIn
               value: [AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID, SYS_CHROOT]`,
  ],
  [
    'a list with NET_RAW in it lets NET_RAW in',
    [],
    `validate:
       deny:
         conditions:
           all:
             - key: "{{ request.object.spec.[ephemeralContainers, initContainers, containers][].securityContext.capabilities.add[] }}"
               operator: AnyNotIn
               value: [CHOWN, NET_RAW]`,
  ],
  [
    'all capabilities dropped, none but one added',
    ['capabilitiesRestricted'],
    `validate:
       foreach:
         - list: "request.object.spec.[ephemeralContainers, initContainers, containers][]"
           deny: {conditions: {all: [{key: ALL, operator: AnyNotIn, value: "{{ element.securityContext.capabilities.drop[].to_upper(@) || \`[]\` }}"}]}}
         - list: "request.object.spec.[ephemeralContainers, initContainers, containers][]"
           deny: {conditions: {all: [{key: "{{ element.securityContext.capabilities.add[] || \`[]\` }}", operator: AnyNotIn, value: [NET_BIND_SERVICE]}]}}`,
  ],
  [
    'masked /proc in CEL',
    ['procMount', 'procMountRestricted'],
    `validate:
       cel:
         variables: [{name: all, expression: "object.spec.containers + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])"}]
         expressions: [{expression: "variables.all.all(c, c.?securityContext.?procMount.orValue('Default') == 'Default')"}]`,
  ],
  [
    'HostProcess',
    ['windowsHostProcess'],
    `validate:
       pattern:
         spec:
           =(securityContext): {=(windowsOptions): {=(hostProcess): "false"}}
           =(ephemeralContainers): [{=(securityContext): {=(windowsOptions): {=(hostProcess): "false"}}}]
           =(initContainers): [{=(securityContext): {=(windowsOptions): {=(hostProcess): "false"}}}]
           containers: [{=(securityContext): {=(windowsOptions): {=(hostProcess): "false"}}}]`,
  ],
];

const notUnderstood: readonly (readonly [says: string, rule: string])[] = [
  ['a pattern with a variable', `validate: {pattern: {spec: {=(hostPID): "{{ allowed }}"}}}`],
  [
    'a condition that anything may decide',
    `{preconditions: {all: [{key: "{{ request.userInfo.username }}", operator: NotEquals, value: admin}]}, validate: {pattern: {spec: {=(hostPID): "false"}}}}`,
  ],
  [
    'another condition of deny',
    `validate: {deny: {conditions: {all: [{key: "{{ images.containers.*.registry }}", operator: AnyNotIn, value: [a]}]}}}`,
  ],
  ['a level that is none', `validate: {podSecurity: {level: strict}}`],
  [
    'an exclusion that nobody knows',
    `validate: {podSecurity: {level: baseline, exclude: [{controlName: Everything}]}}`,
  ],
  [
    'a foreach with preconditions of its own',
    `validate: {foreach: [{list: "request.object.spec.[containers][]", preconditions: {}, deny: {conditions: {all: [{key: ALL, operator: AnyNotIn, value: "{{ element.securityContext.capabilities.drop[] }}"}]}}}]}`,
  ],
];

function effect(text: string) {
  return effectOfRule(parse(text) as JsonObject);
}

describe('rules of Kyverno', () => {
  test.each(understood)('%s', (_, names, text) => {
    const found = effect(text);
    expect(found && namesIn(found.refused)).toEqual(namesIn(withImplied(checkSet(names))));
  });
  test.each(notUnderstood)('is not understood: %s', (_, text) => {
    const found = effect(text);
    expect(found === undefined || (found.refused === 0 && found.unclear)).toBe(true);
  });
  test('a level of the standards, less what is excluded', () => {
    const found = effect(
      'validate: {podSecurity: {level: restricted, version: v1.29, exclude: [{controlName: Seccomp, images: [a]}]}}',
    );
    const names = found ? namesIn(found.refused) : [];
    expect(names).toContain('runAsNonRoot');
    expect(names).toContain('netRaw');
    expect(names).not.toContain('seccomp');
    expect(names).not.toContain('seccompRestricted');
  });
  test('the newest check counts only where the version is named', () => {
    const names = (version: string) =>
      namesIn(effect(`validate: {podSecurity: {level: baseline, version: ${version}}}`)?.refused ?? 0);
    expect(names('latest')).not.toContain('hostProbes');
    expect(names('v1.34')).toContain('hostProbes');
    expect(names('v1.33')).not.toContain('hostProbes');
  });
});
