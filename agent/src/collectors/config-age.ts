import {
  at,
  type ConfigAge,
  type ConfigAgeValue,
  type ConfigValue,
  type DropInsValue,
  isJsonObject,
  observedValue,
} from '@plumbline/core';
import type { Instance } from '../locate/index.ts';
import { admission, pathSetting, pluginFile, sources } from './config.ts';
import { hostPathOf } from './mapping.ts';
import { type Collector, instancesFor, type Survey } from './survey.ts';

/** Configuration of the kubelet; a directory stands for the names in it. */
const ofKubelet = [
  { component: 'kubelet', setting: 'config', fact: 'kubelet.config' },
  { component: 'kubelet', setting: 'config-dir', fact: 'kubelet.drop-ins' },
] as const;
const all = [...ofKubelet, ...sources, admission];
const components = [...new Set(all.map((one) => one.component))];

/**
 * Which configuration files changed after the process that reads them started. Nothing more is said, so that a second change, or one of
 * a file that was changed before, changes nothing here.
 */
export const configAges: Collector = {
  name: 'config-ages',
  yields: () => [],
  async collect(survey, out) {
    const booted = survey.host.booted();
    if (booted === undefined) return;
    for (const instance of components.flatMap((name) => instancesFor(survey, name))) {
      const facts: Record<string, ConfigAge> = {};
      for (const { setting, fact } of all.filter((one) => one.component === instance.component)) {
        const paths = await filesOf(survey, instance, setting, fact);
        const age = await ageOf(survey, paths, startOf(booted, instance));
        if (age !== undefined) facts[fact] = age;
      }
      if (Object.keys(facts).length > 0) out.see('config.age', instance.subject, { facts } satisfies ConfigAgeValue);
    }
  },
};

/** Linux counts the start of processes in hundredths of a second since boot, whatever its own ticks are. Source: USER_HZ. */
const tickMs = 10;
/**
 * How long after its start a process cannot have read its configuration yet. It covers what the clocks are apart: ticks, hundredths of
 * the uptime and the coarse stamps of files are all rounded.
 */
const tooSoonMs = 50;

function startOf(booted: number, { startTime }: Instance): number {
  return booted + Number(startTime) * tickMs + tooSoonMs;
}

/** Host paths of everything that a fact was read from; empty where nothing was, or where it lies only inside the container. */
async function filesOf(survey: Survey, instance: Instance, setting: string, fact: string): Promise<readonly string[]> {
  const told = pathSetting(survey, instance, setting);
  if (typeof told !== 'string') return [];
  const mapped = await hostPathOf(survey, instance, told);
  if (mapped.state !== 'observed') return [];
  const observation = survey.observed.get(`${fact}\0${instance.subject}`);
  const inside =
    fact === 'kubelet.drop-ins'
      ? dropIns(observedValue<DropInsValue>(observation))
      : fact === admission.fact
        ? await plugins(survey, instance, observedValue<ConfigValue>(observation))
        : [];
  return [mapped.value.path, ...inside];
}

/** The files, and the directories that they lie in, whose times tell of names that came or went. */
function dropIns(value: DropInsValue | undefined): readonly string[] {
  const paths = new Set<string>();
  for (const { path } of value?.files ?? []) {
    for (let here = path; here.length > (value?.directory.length ?? 0); here = here.slice(0, here.lastIndexOf('/')))
      paths.add(here);
  }
  return [...paths];
}

async function plugins(survey: Survey, instance: Instance, value: ConfigValue | undefined): Promise<readonly string[]> {
  const list = at(value?.document ?? {}, 'plugins');
  const paths: string[] = [];
  for (const plugin of Array.isArray(list) ? list : []) {
    const path = isJsonObject(plugin) ? pluginFile(value?.asSeen ?? '', plugin) : undefined;
    const mapped = path === undefined ? undefined : await hostPathOf(survey, instance, path);
    if (mapped?.state === 'observed') paths.push(mapped.value.path);
  }
  return paths;
}

const ages: readonly ConfigAge[] = ['before-start', 'touched', 'after-start'];

/** The age of the youngest; undefined where none can be looked at. A process that runs had a file that is gone by now. */
async function ageOf(survey: Survey, paths: readonly string[], start: number): Promise<ConfigAge | undefined> {
  let age = -1;
  for (const path of paths) {
    const stat = await survey.host.stat(path);
    if (stat.state === 'absent') age = 2;
    if (stat.state !== 'observed') continue;
    const { modified, changed } = stat.value;
    // A time that somebody set into the future is no time at which the content changed.
    age = Math.max(age, Math.min(modified, changed) > start ? 2 : changed > start ? 1 : 0);
  }
  return ages[age];
}
