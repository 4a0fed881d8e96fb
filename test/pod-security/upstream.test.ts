import { brokenBy, checkSet, checksOf, namesIn, newestPolicy, projectPod, type Workload } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { type Fixture, readFixtures, upstreamSource } from './upstream.ts';

/** Our checks behind each of upstream's; ours tell the namespaces of the host apart. */
const ours: Readonly<Record<string, readonly string[]>> = {
  allowprivilegeescalation: ['allowPrivilegeEscalation'],
  apparmorprofile: ['appArmor'],
  capabilities_baseline: ['capabilities', 'capabilitiesRestricted'],
  capabilities_restricted: ['capabilitiesRestricted'],
  hostnamespaces: ['hostPID', 'hostIPC', 'hostNetwork'],
  hostpathvolumes: ['hostPath', 'volumes'],
  hostports: ['hostPorts'],
  hostprobesandhostlifecycle: ['hostProbes'],
  privileged: ['privileged'],
  procmount: ['procMount', 'procMountRestricted'],
  procmount_restricted: ['procMountRestricted'],
  restrictedvolumes: ['volumes'],
  runasnonroot: ['runAsNonRoot'],
  runasuser: ['runAsUser'],
  seccompprofile_baseline: ['seccomp', 'seccompRestricted'],
  seccompprofile_restricted: ['seccompRestricted'],
  selinuxoptions: ['seLinux'],
  sysctls: ['sysctls'],
  windowshostprocess: ['windowsHostProcess'],
};

/** Fixtures that break a second check, in every policy that has it; upstream asks only that the first is among them. */
const besides: Readonly<Record<string, readonly string[]>> = {
  // The API takes HostProcess containers only on the network of the host.
  windowshostprocess0: ['hostNetwork'],
  windowshostprocess1: ['hostNetwork'],
  // The API refuses `allowPrivilegeEscalation: false` in a privileged container, so it is not set.
  privileged0: ['allowPrivilegeEscalation'],
  privileged1: ['allowPrivilegeEscalation'],
  // A container without any security context drops nothing either.
  allowprivilegeescalation3: ['capabilitiesRestricted'],
};

const source = upstreamSource();
if ('missing' in source) {
  const why = `fixtures of Pod Security are not compared: ${source.missing}`;
  if (process.env['CI'] === 'true') test('the fixtures of Pod Security can be had', () => expect.fail(why));
  else test.skip(why, () => undefined);
  console.log(`skipped: ${why}`);
} else {
  const fixtures = readFixtures(source.folder);
  const minors = [...new Set(fixtures.map(({ minor }) => minor))].sort((a, b) => a - b);

  describe('pods that Kubernetes wrote down get the same verdict here', () => {
    test('up to the newest policy that is known', () => {
      expect(minors.at(-1)).toBe(newestPolicy);
      expect(minors).toEqual([...Array(newestPolicy + 1).keys()]);
    });
    test.each(minors.map((minor) => [`1.${minor}`, minor] as const))('policy %s', (_, minor) => {
      const wrong = fixtures.filter((one) => one.minor === minor).flatMap(differenceOf);
      expect(wrong).toEqual([]);
    });
    test('every check is broken by some of them', () => {
      const about = new Set(fixtures.filter(({ allowed }) => !allowed).map((one) => one.about));
      expect([...about].sort()).toEqual(Object.keys(ours).sort());
    });
  });
}

function differenceOf(fixture: Fixture): readonly string[] {
  const pod = projectPod(fixture.pod);
  if (!pod) return [`${fixture.name}: is no pod`];
  const workload: Workload = pod.workload;
  const { set, unread } = brokenBy(workload, fixture.minor);
  const broken = set & checksOf(fixture.level, fixture.minor);
  if (unread !== 0) return [`${fixture.name}: could not read ${namesIn(unread).join()}`];
  if (fixture.allowed) return broken === 0 ? [] : [`${fixture.name}: breaks ${namesIn(broken).join()}`];
  const meant = checkSet(ours[fixture.about] ?? []);
  if ((broken & meant) === 0) return [`${fixture.name}: does not break ${fixture.about}`];
  const more = broken & ~meant & ~checkSet(besides[fixture.name.split('/').at(-1) ?? ''] ?? []);
  return more === 0 ? [] : [`${fixture.name}: also breaks ${namesIn(more).join()}`];
}
