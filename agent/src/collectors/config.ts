import { at, type ConfigValue, isJsonObject, type JsonObject, type Setting } from '@plumbline/core';
import { type Missing, missing, type Seen, seen } from '../host/index.ts';
import type { Instance } from '../locate/index.ts';
import {
  documentReading,
  type Projection,
  pluginProjection,
  projectAdmission,
  projectEncryption,
  redactDocument,
} from '../redact/document.ts';
import { type HostPath, hostPathOf } from './mapping.ts';
import { type Collector, instancesFor, type Key, type Survey, settingsFor } from './survey.ts';

/** A configuration file that a component was told of: the fact, and the setting that holds its path. */
export interface Source {
  readonly component: string;
  readonly setting: string;
  readonly fact: string;
  readonly project: Projection;
}

export const sources: readonly Source[] = [
  {
    component: 'kube-apiserver',
    setting: 'authentication-config',
    fact: 'kube-apiserver.authentication-config',
    project: redactDocument,
  },
  {
    component: 'kube-apiserver',
    setting: 'authorization-config',
    fact: 'kube-apiserver.authorization-config',
    project: redactDocument,
  },
  {
    component: 'kube-apiserver',
    setting: 'audit-policy-file',
    fact: 'kube-apiserver.audit-policy',
    project: redactDocument,
  },
  {
    component: 'kube-apiserver',
    setting: 'encryption-provider-config',
    fact: 'kube-apiserver.encryption-config',
    project: projectEncryption,
  },
  { component: 'kube-scheduler', setting: 'config', fact: 'kube-scheduler.config', project: redactDocument },
  { component: 'kube-proxy', setting: 'config', fact: 'kube-proxy.config', project: redactDocument },
  { component: 'etcd', setting: 'config-file', fact: 'etcd.config', project: redactDocument },
];
export const admission = {
  component: 'kube-apiserver',
  setting: 'admission-control-config-file',
  fact: 'kube-apiserver.admission-config',
} as const;

/** Configuration files of every component but the kubelet. */
export const configs: Collector = {
  name: 'configs',
  yields: (survey) => [...sources, admission].flatMap((source) => keysOf(survey, source)),
  async collect(survey, out) {
    for (const source of sources) {
      for (const instance of instancesFor(survey, source.component)) {
        const seenConfig = await configOf(survey, instance, source.setting, source.project);
        if (seenConfig) out.put(source.fact, instance.subject, seenConfig);
      }
    }
    for (const instance of instancesFor(survey, admission.component)) {
      const whole = await configOf(survey, instance, admission.setting, projectAdmission);
      if (whole)
        out.put(
          admission.fact,
          instance.subject,
          whole.state === 'observed' ? await withPlugins(survey, instance, whole.value) : whole,
        );
    }
  },
};

/** Only instances that were told of such a file have the fact. */
function keysOf(survey: Survey, source: Pick<Source, 'component' | 'setting' | 'fact'>): readonly Key[] {
  const told = instancesFor(survey, source.component).filter(
    (one) => pathSetting(survey, one, source.setting) !== undefined,
  );
  return told.map((one) => [source.fact, one.subject] as const);
}

/** The path that a setting holds: a text, undefined where nothing is set, or why it is not known. */
export function pathSetting(survey: Survey, instance: Instance, key: string): string | Missing | undefined {
  const setting = settingsFor(survey, instance).get(key);
  if (!setting.known) return unknownSetting(setting);
  return typeof setting.value === 'string' && setting.value !== '' ? setting.value : undefined;
}

const states: Readonly<Record<string, Missing['state']>> = {
  'file-absent': 'absent',
  'file-unreadable': 'denied',
  'environment-unreadable': 'denied',
  'parse-error': 'malformed',
  'too-large': 'too-large',
  timeout: 'timed-out',
};

/** A default that depends on an unknown version names no file, because components only have paths that somebody gave them. */
function unknownSetting(setting: Setting & { known: false }): Missing | undefined {
  if (setting.reason === 'version-unknown' || setting.reason === 'no-process') return undefined;
  return missing(states[setting.reason] ?? 'unsupported', setting.detail);
}

/** The configuration behind a setting; undefined where nothing is set. */
export async function configOf(
  survey: Survey,
  instance: Instance,
  key: string,
  project: Projection,
): Promise<Seen<ConfigValue> | undefined> {
  const path = pathSetting(survey, instance, key);
  if (path === undefined) return undefined;
  return typeof path === 'string' ? readConfig(survey, instance, path, project) : path;
}

/** Reads a file that a component was told of, wherever it lies; only its projection is kept. */
export async function readConfig(
  survey: Survey,
  instance: Instance,
  path: string,
  project: Projection,
): Promise<Seen<ConfigValue>> {
  const mapped = await hostPathOf(survey, instance, path);
  if (mapped.state !== 'observed') return mapped;
  return readDocument(survey, mapped.value, project);
}

/** Reads and projects one configuration file of the host. */
export async function readDocument(
  survey: Survey,
  { path, asSeen }: Pick<HostPath, 'path' | 'asSeen'>,
  project: Projection,
): Promise<Seen<ConfigValue>> {
  const taken = await survey.host.take(path, documentReading(project));
  if (taken.state !== 'observed') return taken;
  if (!taken.value.ok) return missing('malformed', `${path}: ${taken.value.detail}`);
  return seen({ path, asSeen, document: taken.value.document });
}

/** Plugins whose configuration controls read; of others the path is enough. */
const readPlugins = new Set(['EventRateLimit', 'ImagePolicyWebhook', 'PodSecurity']);

/** The file that a plugin of an AdmissionConfiguration names, where controls read it; a relative one starts at the directory of the configuration. */
export function pluginFile(asSeen: string, plugin: JsonObject): string | undefined {
  const path = plugin['path'];
  if (typeof path !== 'string' || path === '' || !readPlugins.has(String(plugin['name'] ?? ''))) return undefined;
  return path.startsWith('/') ? path : `${asSeen.slice(0, asSeen.lastIndexOf('/'))}/${path}`;
}

/** Puts the files that plugins name into the document. */
async function withPlugins(survey: Survey, instance: Instance, whole: ConfigValue): Promise<Seen<ConfigValue>> {
  const list = at(whole.document, 'plugins');
  const plugins: JsonObject[] = [];
  for (const plugin of Array.isArray(list) ? list : []) {
    if (!isJsonObject(plugin)) continue;
    const full = pluginFile(whole.asSeen, plugin);
    if (full === undefined) {
      plugins.push(plugin);
      continue;
    }
    const configuration = await readConfig(survey, instance, full, pluginProjection(String(plugin['name'])));
    if (configuration.state !== 'observed') return configuration;
    plugins.push({ ...plugin, configuration: configuration.value.document });
  }
  return seen({ ...whole, document: { ...whole.document, plugins } });
}
