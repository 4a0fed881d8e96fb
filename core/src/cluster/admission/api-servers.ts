import type { ConfigValue } from '../../facts.ts';
import { at, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { type NodeView, observedValue } from '../../node-view.ts';
import type { Origin } from '../../observation.ts';
import type { Setting, Settings } from '../../settings/setting.ts';
import type { Minor } from '../../version.ts';
import { type ApiServer, apiServersOf } from '../control-plane.ts';
import type { ClusterContext } from '../survey.ts';
import type { Doubt } from './coverage.ts';

/** What the PodSecurity plugin of an API server falls back to, and whom it lets through. */
export interface PodSecurityConfig {
  readonly enforce: string;
  readonly version: string;
  readonly namespaces: readonly string[];
  readonly usernames: readonly string[];
  readonly runtimeClasses: readonly string[];
  readonly origin: Origin;
}

/** What admission on one API server is configured to do. Undefined is what could not be known; `doubt` then says why. */
export interface AdmittingServer {
  readonly node: string;
  readonly instance: string;
  readonly minor: Minor | undefined;
  readonly plugins: ReadonlySet<string> | undefined;
  readonly pluginsOrigin: Origin;
  /** The feature gate PodSecurity where somebody set it. */
  readonly gate: boolean | undefined;
  readonly podSecurity: PodSecurityConfig | undefined;
  readonly doubt?: Doubt;
}

/** The API servers that are seen; `doubt` says why some of them are not. */
export interface AdmittingServers {
  readonly servers: readonly AdmittingServer[];
  readonly doubt?: Doubt;
}

/** Computed once while no fact of a node changes. */
export function admittingServersOf(context: ClusterContext): AdmittingServers {
  return context.shared(`admission ${context.version ?? ''}`, ['nodes'], () => read(context));
}

/** Is a plugin known to be off on one of the API servers? What it enforces is then enforced on none, as nobody chooses the server. */
export function isPluginOff(context: ClusterContext, plugin: string): boolean {
  return admittingServersOf(context).servers.some(({ plugins }) => plugins && !plugins.has(plugin));
}

function read(context: ClusterContext): AdmittingServers {
  const found = apiServersOf(context);
  const servers = found.servers.map(readServer);
  if (found.unseen.length > 0) {
    const message = `Not every API server is seen (${found.unseen.join('; ')}), nor is its configuration of admission.`;
    return { servers, doubt: { status: 'error', reason: 'control-plane-unseen', message } };
  }
  if (servers.length > 0) return { servers };
  const message =
    'No API server is seen on any node (a managed control plane, or no agents): ask its operator for the defaults of Pod Security Admission; the built-in default is privileged.';
  return { servers, doubt: { status: 'warn', reason: 'cluster-default-not-seen', message } };
}

function readServer({ node, instance, view, minor, settings }: ApiServer): AdmittingServer {
  const plugins = settings.get('admission-plugins');
  const config = configOf(view, instance, settings);
  const doubt = doubtOf(node, plugins, config);
  return {
    node,
    instance,
    minor,
    plugins: plugins.known ? new Set(plugins.value as readonly string[]) : undefined,
    pluginsOrigin: plugins.origin,
    gate: gateOf(settings.get('feature-gates')),
    podSecurity: 'enforce' in config ? config : undefined,
    ...(doubt ? { doubt } : {}),
  };
}

function doubtOf(node: string, plugins: Setting, config: PodSecurityConfig | Unknown): Doubt | undefined {
  const where = `On node ${node}, `;
  if (!plugins.known) return { status: 'error', reason: plugins.reason, message: `${where}${plugins.detail}` };
  return 'enforce' in config ? undefined : { status: 'error', reason: config.reason, message: where + config.detail };
}

function gateOf(gates: Setting): boolean | undefined {
  if (!gates.known || typeof gates.value !== 'object' || gates.value === null || Array.isArray(gates.value))
    return undefined;
  const value = (gates.value as Readonly<Record<string, string | boolean>>)['PodSecurity'];
  return value === undefined ? undefined : String(value) === 'true';
}

interface Unknown {
  readonly reason: string;
  readonly detail: string;
}

const builtIn = { enforce: 'privileged', version: 'latest', namespaces: [], usernames: [], runtimeClasses: [] };

function configOf(view: NodeView, instance: string, settings: Settings): PodSecurityConfig | Unknown {
  const file = settings.get('admission-control-config-file');
  if (!file.known) return { reason: file.reason, detail: file.detail };
  if (file.value === null || file.value === '')
    return { ...builtIn, origin: { kind: 'default', key: 'defaults.enforce' } };
  const observation = view.get('kube-apiserver.admission-config', instance);
  const value = observedValue<ConfigValue>(observation);
  if (!value) {
    const reason = reasons[observation?.state ?? ''] ?? 'not-observed';
    return { reason, detail: observation?.detail ?? `the admission configuration ${String(file.value)} is not seen` };
  }
  const plugins = at(value.document as JsonObject, 'plugins');
  const plugin = (Array.isArray(plugins) ? plugins : []).find((one: Json) => at(one, 'name') === 'PodSecurity');
  const origin = { kind: 'file', path: value.path, key: 'PodSecurity defaults.enforce' } as const;
  return plugin === undefined ? { ...builtIn, origin } : readPlugin(at(plugin, 'configuration'), origin);
}

const reasons: Readonly<Record<string, string>> = {
  absent: 'file-absent',
  denied: 'file-unreadable',
  malformed: 'parse-error',
  'too-large': 'too-large',
  'timed-out': 'timeout',
};

const levels = ['privileged', 'baseline', 'restricted'];

/** The server refuses to start on a level, version or list that is none; on disk such a file is one that it has not read yet. */
function readPlugin(configuration: Json | undefined, origin: Origin): PodSecurityConfig | Unknown {
  const broken = {
    reason: 'parse-error',
    detail: `${origin.path} does not configure PodSecurity as the API server reads it`,
  };
  if (!isJsonObject(configuration)) return broken;
  const enforce = at(configuration, 'defaults.enforce') || 'privileged';
  const version = at(configuration, 'defaults.enforce-version') || 'latest';
  const lists = ['namespaces', 'usernames', 'runtimeClasses'].map(
    (name) => at(configuration, `exemptions.${name}`) ?? [],
  );
  const [namespaces, usernames, runtimeClasses] = lists;
  if (typeof enforce !== 'string' || !levels.includes(enforce) || typeof version !== 'string') return broken;
  if (!isTexts(namespaces) || !isTexts(usernames) || !isTexts(runtimeClasses)) return broken;
  return { enforce, version, namespaces, usernames, runtimeClasses, origin };
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one: Json) => typeof one === 'string');
}
