import { checkSet, type JsonObject, namesIn } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { libraryChecks } from '../../../core/src/cluster/admission/gatekeeper/library.ts';

const usual = ['CHOWN', 'SETUID'];

/** Constraints of the library with their parameters, and what they refuse. */
const table: readonly (readonly [kind: string, parameters: JsonObject, refused: readonly string[]])[] = [
  ['K8sPSPPrivilegedContainer', {}, ['privileged']],
  ['K8sPSPHostNamespace', {}, ['hostPID', 'hostIPC']],
  ['K8sPSPHostNetworkingPorts', {}, ['hostNetwork']],
  ['K8sPSPHostNetworkingPorts', { hostNetwork: true, min: 80, max: 9000 }, []],
  ['K8sPSPHostNetworkingPorts', { hostNetwork: false, min: 0, max: 0 }, ['hostNetwork', 'hostPorts']],
  ['K8sPSPHostFilesystem', { allowedHostPaths: [] }, ['hostPath']],
  ['K8sPSPHostFilesystem', { allowedHostPaths: [{ pathPrefix: '/foo', readOnly: true }] }, []],
  ['K8sPSPAllowPrivilegeEscalationContainer', {}, ['allowPrivilegeEscalation']],
  ['K8sPSPAllowedUsers', { runAsUser: { rule: 'MustRunAsNonRoot' } }, ['runAsNonRoot', 'runAsUser']],
  ['K8sPSPAllowedUsers', { runAsUser: { rule: 'RunAsAny' } }, []],
  ['K8sPSPAllowedUsers', { runAsUser: 'MustRunAsNonRoot' }, []],
  ['K8sPSPCapabilities', {}, ['capabilities']],
  ['K8sPSPCapabilities', { allowedCapabilities: ['*'] }, []],
  [
    'K8sPSPCapabilities',
    { allowedCapabilities: usual, requiredDropCapabilities: ['NET_RAW'] },
    ['capabilities', 'netRaw'],
  ],
  ['K8sPSPCapabilities', { allowedCapabilities: ['NET_RAW'], requiredDropCapabilities: ['ALL'] }, []],
  ['K8sPSPCapabilities', { requiredDropCapabilities: ['all'] }, ['capabilities', 'capabilitiesRestricted', 'netRaw']],
  ['K8sPSPProcMount', {}, ['procMount']],
  ['K8sPSPProcMount', { procMount: 'Unmasked' }, []],
  ['K8sPSPSeccomp', { allowedProfiles: ['runtime/default', 'localhost/*'] }, ['seccompRestricted']],
  ['K8sPSPSeccompV2', { allowedProfiles: ['RuntimeDefault', 'Unconfined'] }, []],
  ['K8sPSPSeccomp', { allowedProfiles: ['*'] }, []],
  ['K8sPSPVolumeTypes', { volumes: ['configMap', 'emptyDir'] }, ['volumes']],
  ['K8sPSPVolumeTypes', { volumes: ['configMap', 'nfs'] }, ['hostPath']],
  ['K8sPSPVolumeTypes', { volumes: ['*'] }, []],
  ['K8sPSPVolumeTypes', { volumes: ['hostPath'] }, []],
];

describe('constraints of the library', () => {
  test.each(table)('%s with %j', (kind, parameters, refused) => {
    expect(namesIn(libraryChecks(kind, parameters) ?? -1)).toEqual(namesIn(checkSet(refused)));
  });
  test('kinds of somebody else are not guessed', () => {
    expect(libraryChecks('K8sRequiredLabels', {})).toBeUndefined();
    expect(libraryChecks('constructor', {})).toBeUndefined();
  });
});
