import {
  brokenBy,
  type CheckName,
  checkNames,
  checkSet,
  namesIn,
  newestPolicy,
  projectPod,
  withImplied,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { celRule } from '../../../core/src/cluster/admission/probe/cel-rule.ts';
import { goodProbe, probesOf } from '../../../core/src/cluster/admission/probe/probes.ts';
import { effectOf } from '../../../core/src/cluster/admission/probe/refused.ts';

function broken(pod: Parameters<typeof projectPod>[0], minor: number): readonly string[] {
  const projected = projectPod(pod);
  if (!projected) throw new Error('a probe is a pod');
  return namesIn(brokenBy(projected.workload, minor).set);
}

describe('probes', () => {
  test('the good one breaks nothing', () => expect(broken(goodProbe, newestPolicy)).toEqual([]));
  test.each(checkNames.map((name) => [name]))('each of %s breaks it', (name: CheckName) => {
    const probes = probesOf(name);
    expect(probes.length).toBeGreaterThan(1);
    // Annotations for AppArmor are the only thing that no version of the field knows.
    expect(probes.filter(({ pod }) => !broken(pod, newestPolicy).includes(name))).toEqual([]);
  });
});

const every = (inner: string) =>
  `(object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : []) + (has(object.spec.ephemeralContainers) ? object.spec.ephemeralContainers : [])).all(c, ${inner})`;

const rule = (...validations: string[]) => celRule({ validations, conditions: [], variables: [] });

describe('what a rule of CEL refuses', () => {
  test.each([
    ['hostPID', '!has(object.spec.hostPID) || object.spec.hostPID == false', ['hostPID']],
    ['an optional field', 'object.spec.?hostPID.orValue(false) == false', ['hostPID']],
    [
      'every list',
      every('!has(c.securityContext) || !has(c.securityContext.privileged) || c.securityContext.privileged == false'),
      ['privileged'],
    ],
    ['optional fields', every('c.?securityContext.?privileged.orValue(false) == false'), ['privileged']],
    [
      'unset as well',
      every(
        'has(c.securityContext) && has(c.securityContext.allowPrivilegeEscalation) && !c.securityContext.allowPrivilegeEscalation',
      ),
      ['allowPrivilegeEscalation'],
    ],
    [
      'containers alone',
      'object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)',
      [],
    ],
    ['one path alone', '!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))', ['hostPath']],
    ['everything', 'false', [...checkNames]],
    ['nothing', 'true', []],
    [
      'the opposite',
      'has(object.spec.hostPID) && object.spec.hostPID',
      checkNames.filter((name) => name !== 'hostPID'),
    ],
  ])('%s', (_, text, names) => {
    const understood = rule(text);
    expect(understood).toBeDefined();
    const effect = understood && effectOf(understood);
    expect(effect && namesIn(effect.refused)).toEqual(namesIn(withImplied(checkSet(names))));
  });
  test.each([
    ['the name of an image', every("c.image.startsWith('registry.example/') || !c.securityContext.privileged")],
    ['a label', "object.metadata.labels['exempt'] == 'true' || !object.spec.hostPID"],
    ['a field by index', "object['metadata']['name'] == 'x' || !object.spec.hostPID"],
    ['the user', "request.userInfo.username == 'root' || !object.spec.hostPID"],
    ['the name of a container', every("c.name == 'istio-init' || !c.securityContext.privileged")],
    ['a loop over a list of its own', '[1, 2, 3].all(a, ([4, 5] + [6]).all(b, !object.spec.hostPID))'],
    ['no CEL', 'object.spec.('],
  ])('is not understood: %s', (_, text) => expect(rule(text)).toBeUndefined());
});
