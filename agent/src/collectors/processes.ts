import type { ComponentValue, IgnoredValue, ManifestValue, ProcessInstanceValue, ProcessValue } from '@plumbline/core';
import { missing } from '../host/index.ts';
import {
  cgroupText,
  findCandidates,
  type Ground,
  type Instance,
  locate,
  manifestsOf,
  readManifests,
  readPodLogs,
  readProcess,
} from '../locate/index.ts';
import { redactArgv } from '../redact/command-line.ts';
import { parseEnviron, recordEnviron, selectEnvironment } from '../redact/environment.ts';
import { containerOf, hostPathOf } from './mapping.ts';
import { type Collector, instancesFor, type Out, once, type Survey, settingsFor } from './survey.ts';
import { readUnit, unitOf } from './unit.ts';

const maxIgnored = 50;

/** Kubelets first: their configuration says where static pods come from. */
export const kubelets: Collector = {
  name: 'kubelets',
  yields: () => [['component', 'kubelet']],
  async collect(survey, out) {
    const found = await findCandidates(survey.host, survey.platform, survey.bystanders);
    survey.candidates = 'state' in found ? found : found.candidates;
    if ('state' in found) return;
    const own = found.candidates.filter((one) => one.component === 'kubelet' && one.cgroup.kind !== 'pod');
    survey.located = await locate(own, await ground(survey));
    for (const instance of survey.located.instances) await processFacts(survey, instance, out);
  },
};

/** Every component: instances, impostors, command lines, manifests. */
export const processes: Collector = {
  name: 'processes',
  yields: (survey) =>
    Object.keys(survey.platform.components).flatMap(
      (name) =>
        [
          ['component', name],
          ['component.ignored', name],
        ] as const,
    ),
  async collect(survey, out) {
    survey.manifests = await readManifests(survey.host, await staticPodDirectories(survey));
    if ('state' in survey.candidates) {
      for (const name of Object.keys(survey.platform.components)) out.miss('component', name, survey.candidates);
      return;
    }
    survey.located = await locate(survey.candidates, await ground(survey));
    for (const name of Object.keys(survey.platform.components)) componentFacts(survey, name, out);
    for (const instance of survey.located.instances) {
      await processFacts(survey, instance, out);
      manifestFact(survey, instance, out);
    }
  },
};

async function ground(survey: Survey): Promise<Ground> {
  const { host, platform, manifests } = survey;
  return {
    host,
    platform,
    manifests,
    pods: await once(survey, 'pod logs', () => readPodLogs(host)),
    startsIt: async (unit, names) => {
      const read = await readUnit(survey, unit);
      return read.state === 'observed' && read.value.programs.some((program) => names.includes(program));
    },
    ownUnit: async (component) => {
      for (const name of platform.components[component]?.units ?? []) {
        if ((await readUnit(survey, name)).state !== 'absent') return name;
      }
      return undefined;
    },
  };
}

/** The platform's, and where the kubelets of this node look. */
async function staticPodDirectories(survey: Survey): Promise<readonly string[]> {
  const directories = [...survey.platform.staticPods];
  for (const kubelet of instancesFor(survey, 'kubelet')) {
    const setting = settingsFor(survey, kubelet).get('staticPodPath');
    if (!setting.known || typeof setting.value !== 'string') continue;
    const mapped = await hostPathOf(survey, kubelet, setting.value);
    if (mapped.state === 'observed') directories.push(mapped.value.path);
  }
  return directories;
}

function componentFacts(survey: Survey, name: string, out: Out): void {
  const instances = instancesFor(survey, name).map((one) => one.subject);
  const manifests = manifestsOf(survey.manifests, survey.platform, name).map((file) => file.path);
  const blind = survey.manifests.blind[0];
  if (instances.length + manifests.length > 0)
    out.see('component', name, { instances, manifests } satisfies ComponentValue);
  else if (blind && survey.platform.components[name]?.runsAs.includes('static-pod')) out.miss('component', name, blind);
  else out.miss('component', name, missing('absent', `no ${name} runs here and no static pod of it is configured`));
  const ignored = survey.located.ignored.filter((one) => one.component === name);
  const shown = ignored.slice(0, maxIgnored).map(({ pid, name: called, why }) => ({ pid, name: called, why }));
  out.see('component.ignored', name, { total: ignored.length, processes: shown } satisfies IgnoredValue);
}

async function processFacts(survey: Survey, instance: Instance, out: Out): Promise<void> {
  const { host } = survey;
  const { subject, pid } = instance;
  if (instance.truncated) {
    out.miss('process', subject, missing('too-large', `the command line of process ${pid} is longer than 64 KiB`));
    return;
  }
  const exe = await host.link(`/proc/${pid}/exe`);
  const cwd = await host.link(`/proc/${pid}/cwd`);
  const value: ProcessValue = {
    component: instance.component,
    argv: redactArgv(instance.argv),
    uid: instance.status.uids[1] ?? -1,
    gid: instance.status.gid,
    cgroup: cgroupText(instance.cgroup),
    runsAs: instance.vouched.runsAs,
    exe: exe.state === 'observed' ? exe.value : null,
    cwd: cwd.state === 'observed' ? cwd.value : null,
    ...(await environmentOf(survey, instance)),
  };
  out.see('process', subject, value);
  out.see('process.instance', subject, { pid, startTime: instance.startTime } satisfies ProcessInstanceValue);
}

async function environmentOf(
  survey: Survey,
  instance: Instance,
): Promise<Pick<ProcessValue, 'environment' | 'environmentFrom'>> {
  const live = await readProcess(survey.host, instance.pid, 'environ', recordEnviron);
  if (live !== undefined) return { environment: selectEnvironment(parseEnviron(live)), environmentFrom: 'process' };
  const unit = unitOf(instance);
  const read = unit === undefined ? undefined : await readUnit(survey, unit);
  if (read?.state === 'observed') return { environment: read.value.environment, environmentFrom: 'unit' };
  const environment = containerOf(survey, instance)?.environment;
  return environment ? { environment, environmentFrom: 'manifest' } : { environment: {}, environmentFrom: null };
}

function manifestFact(survey: Survey, instance: Instance, out: Out): void {
  const file = instance.vouched.manifest;
  if (instance.vouched.runsAs.kind !== 'static-pod') return;
  if (!file) {
    const broken = manifestsOf(survey.manifests, survey.platform, instance.component).find((one) => 'state' in one.pod);
    const why =
      broken && 'state' in broken.pod
        ? broken.pod
        : missing('absent', `no manifest belongs to ${instance.vouched.runsAs.name}`);
    out.miss('manifest', instance.subject, why);
    return;
  }
  const container = containerOf(survey, instance);
  if ('state' in file.pod || !container) return;
  out.see('manifest', instance.subject, {
    path: file.path,
    pod: `${file.pod.namespace}/${file.pod.name}`,
    image: container.image,
    argv: container.argv,
    environment: container.environment ?? {},
    hostPaths: container.mounts,
  } satisfies ManifestValue);
}
