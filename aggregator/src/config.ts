import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PlumblineError, parseMinor, type StaticCluster } from '@plumbline/core';
import type { ClusterSource } from './cluster/kube-client.ts';
import { usualNodeQuota } from './store/store.ts';

/** How an aggregator runs. Files are paths; what is absent is not used. */
export interface AggregatorOptions {
  /** REST, `host:port`; port 0 takes any free one. */
  readonly listen: string;
  /** Agents, `host:port`. */
  readonly grpcListen: string;
  /** SQLite file, `:memory:` for none. */
  readonly database: string;
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  /** Vouches for agents' certificates, never for users of REST. */
  readonly clientCaFile?: string;
  readonly tokensFile?: string;
  readonly ingestTokensFile?: string;
  /** Text of such a file, for an agent in the same process. */
  readonly ingestTokens?: string;
  /** Ask the cluster whose token an agent shows. */
  readonly tokenReview: boolean;
  /** Name of the agents' service account as the API server writes it. */
  readonly agentServiceAccount: string;
  /** Receivers and rules of alerts. */
  readonly alertsFile?: string;
  /** Under which address people reach REST: links in alerts begin with it. */
  readonly publicUrl?: string;
  readonly benchmark?: string;
  readonly kubernetesVersion?: string;
  readonly cluster?: ClusterSource;
  readonly clusterName?: string;
  /** Objects of a cluster that is not there any more: judged where no cluster is asked. */
  readonly recordedObjects?: StaticCluster;
  /** Globs of namespaces that are left out of everything; every output names them. */
  readonly excludeNamespaces: readonly string[];
  /** Globs of namespaces that are judged and marked as part of the system, besides those of Kubernetes itself. */
  readonly systemNamespaces: readonly string[];
  /** Watch the metadata of token secrets; needs a role of its own. */
  readonly watchSecrets: boolean;
  /** Seconds until a watch of the API server is renewed; a right that was taken away shows then. */
  readonly watchRenewal: number;
  /** Seconds between two looks, which agents are told; absent, they keep their own. Three without a message make a node stale. */
  readonly interval?: number;
  /** MiB of the database that what one node says may fill; beyond, the node is not heard. */
  readonly nodeQuota: number;
  /** Days that past facts and verdicts are kept; 0 for ever. Scores of months are kept for ever. */
  readonly retention: number;
  /** Directory in which they are written before they go. */
  readonly exportDir?: string;
  /** How many nodes get series of their own in /metrics, eight each; 0 none. */
  readonly nodeSeries: number;
  /** Seconds that a scan may take until it ends with what is known. */
  readonly scanWithin: number;
  /** Directory laid out like benchmarks/, instead of what is built in. */
  readonly benchmarks?: string;
  readonly logLevel: string;
}

/** Seconds between two looks of an agent that nobody told otherwise. */
export const usualInterval = 60;

/** Bytes of a MiB. */
export const mebibyte = 1024 * 1024;

/** What holds where nothing is said. */
export const defaultOptions: AggregatorOptions = {
  listen: '127.0.0.1:8080',
  grpcListen: '127.0.0.1:8443',
  database: 'plumbline.db',
  tokenReview: false,
  agentServiceAccount: 'system:serviceaccount:plumbline-agents:plumbline-agent',
  excludeNamespaces: [],
  systemNamespaces: [],
  watchSecrets: false,
  watchRenewal: 3600,
  nodeQuota: usualNodeQuota / mebibyte,
  retention: 400,
  nodeSeries: 5000,
  scanWithin: 60,
  logLevel: 'info',
};

const flags = {
  listen: { type: 'string' },
  'grpc-listen': { type: 'string' },
  database: { type: 'string' },
  'tls-cert-file': { type: 'string' },
  'tls-key-file': { type: 'string' },
  'client-ca-file': { type: 'string' },
  'tokens-file': { type: 'string' },
  'ingest-tokens-file': { type: 'string' },
  'token-review': { type: 'boolean' },
  'agent-service-account': { type: 'string' },
  'alerts-file': { type: 'string' },
  'public-url': { type: 'string' },
  benchmark: { type: 'string' },
  'kubernetes-version': { type: 'string' },
  kubeconfig: { type: 'string' },
  'in-cluster': { type: 'boolean' },
  'cluster-name': { type: 'string' },
  'exclude-namespaces': { type: 'string' },
  'system-namespaces': { type: 'string' },
  'watch-secrets': { type: 'boolean' },
  'watch-renewal': { type: 'string' },
  interval: { type: 'string' },
  'node-quota': { type: 'string' },
  retention: { type: 'string' },
  'export-dir': { type: 'string' },
  'node-series': { type: 'string' },
  'scan-within': { type: 'string' },
  benchmarks: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads flags over `PLUMBLINE_*` over defaults. Throws PLB_CONFIG_INVALID with one sentence that names the flag. */
export function readOptions(argv: readonly string[], environment: Environment): AggregatorOptions {
  const given = parse(argv);
  const text = (name: keyof typeof flags) => {
    const value = given[name] ?? environment[`PLUMBLINE_${name.toUpperCase().replaceAll('-', '_')}`];
    return value === undefined || value === '' ? undefined : String(value);
  };
  const yes = (name: keyof typeof flags) => bool(name, text(name));
  const optional = {
    tlsCertFile: text('tls-cert-file'),
    tlsKeyFile: text('tls-key-file'),
    clientCaFile: text('client-ca-file'),
    tokensFile: text('tokens-file'),
    ingestTokensFile: text('ingest-tokens-file'),
    alertsFile: text('alerts-file'),
    publicUrl: text('public-url')?.replace(/\/+$/, ''),
    benchmark: text('benchmark'),
    kubernetesVersion: text('kubernetes-version'),
    cluster: clusterSource(text('kubeconfig'), yes('in-cluster'), environment),
    clusterName: text('cluster-name'),
    benchmarks: text('benchmarks'),
    exportDir: text('export-dir'),
    interval: text('interval') === undefined ? undefined : Number(text('interval')),
  };
  return checked({
    listen: text('listen') ?? defaultOptions.listen,
    grpcListen: text('grpc-listen') ?? defaultOptions.grpcListen,
    database: text('database') ?? defaultOptions.database,
    tokenReview: yes('token-review'),
    agentServiceAccount: text('agent-service-account') ?? defaultOptions.agentServiceAccount,
    excludeNamespaces: globs(text('exclude-namespaces')),
    systemNamespaces: globs(text('system-namespaces')),
    watchSecrets: yes('watch-secrets'),
    watchRenewal: Number(text('watch-renewal') ?? defaultOptions.watchRenewal),
    nodeQuota: Number(text('node-quota') ?? defaultOptions.nodeQuota),
    retention: Number(text('retention') ?? defaultOptions.retention),
    nodeSeries: Number(text('node-series') ?? defaultOptions.nodeSeries),
    scanWithin: Number(text('scan-within') ?? defaultOptions.scanWithin),
    logLevel: text('log-level') ?? defaultOptions.logLevel,
    ...defined(optional),
  });
}

/** Names with `*` for any text, separated by commas. */
function globs(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}

function parse(argv: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function bool(name: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(`--${name} is true or false, not ${value}.`);
}

/** A kubeconfig that was named, the pod's own account, or the kubeconfig of this user; `none` asks for no cluster. */
function clusterSource(
  file: string | undefined,
  inCluster: boolean,
  environment: Environment,
): ClusterSource | undefined {
  if (file === 'none') return undefined;
  if (file !== undefined) return { kind: 'kubeconfig', file };
  if (inCluster) return { kind: 'in-cluster' };
  const named = environment['KUBECONFIG']?.split(':').find((one) => one !== '');
  if (named !== undefined) return { kind: 'kubeconfig', file: named };
  if (environment['KUBERNETES_SERVICE_HOST'] && existsSync(serviceAccountToken)) return { kind: 'in-cluster' };
  const own = join(homedir(), '.kube', 'config');
  return existsSync(own) ? { kind: 'kubeconfig', file: own } : undefined;
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** The same options, when they fit together. Throws PLB_CONFIG_INVALID or PLB_VERSION_INVALID with what to change. */
export function checked(options: AggregatorOptions): AggregatorOptions {
  const { host } = address('listen', options.listen);
  address('grpc-listen', options.grpcListen);
  if ((options.tlsCertFile === undefined) !== (options.tlsKeyFile === undefined)) {
    throw invalid('--tls-cert-file and --tls-key-file go together.');
  }
  if (options.clientCaFile !== undefined && options.tlsCertFile === undefined) {
    throw invalid('--client-ca-file needs --tls-cert-file and --tls-key-file.');
  }
  if (options.tokensFile === undefined && !isLoopback(host)) {
    throw invalid(`--listen ${options.listen} is reachable from elsewhere and needs --tokens-file.`);
  }
  if (options.tokenReview && !options.cluster)
    throw invalid('--token-review needs a cluster: --kubeconfig or --in-cluster.');
  if (options.watchSecrets && !options.cluster)
    throw invalid('--watch-secrets needs a cluster: --kubeconfig or --in-cluster.');
  const { interval = usualInterval } = options;
  // Agents look no more often than every 10 seconds and at least every hour, whatever they are told.
  checkNumber('interval', interval, 'seconds', [10, 3600]);
  checkNumber('node-quota', options.nodeQuota, 'MiB', [1, 1_048_576]);
  checkNumber('node-series', options.nodeSeries, 'nodes', [0, 100_000]);
  checkNumber('retention', options.retention, 'days', [0, 36_500]);
  checkNumber('scan-within', options.scanWithin, 'seconds', [1, 3600]);
  const { watchRenewal, excludeNamespaces, systemNamespaces } = options;
  checkNumber('watch-renewal', watchRenewal, 'seconds', [5, 86_400]);
  if (options.publicUrl !== undefined && !/^https?:\/\/[^\s/?#]+[^\s?#]*$/.test(options.publicUrl))
    throw invalid(`--public-url ${options.publicUrl} is no address such as https://plumbline.example.com.`);
  checkGlobs('exclude-namespaces', excludeNamespaces);
  checkGlobs('system-namespaces', systemNamespaces);
  if (!levels.includes(options.logLevel)) throw invalid(`--log-level is one of ${levels.join(', ')}.`);
  if (options.kubernetesVersion !== undefined && !parseMinor(options.kubernetesVersion)) {
    throw new PlumblineError(
      'PLB_VERSION_INVALID',
      `--kubernetes-version ${options.kubernetesVersion} is no version such as 1.34.`,
    );
  }
  return options;
}

function checkNumber(flag: string, value: number, unit: string, [least, most]: readonly [number, number]): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(`--${flag} is a number of ${unit} from ${least} to ${most}.`);
}

function checkGlobs(flag: string, list: readonly string[]): void {
  const wrong = list.find((one) => !/^[a-z0-9*-]{1,63}$/.test(one));
  if (wrong !== undefined)
    throw invalid(`--${flag} holds ${wrong}, which is no name of a namespace with * for any text.`);
}

/** Host and port of `host:port` or `[::1]:port`. Throws PLB_CONFIG_INVALID. */
export function address(flag: string, text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || port > 65_535) throw invalid(`--${flag} ${text} is not of the form host:port.`);
  return { host, port };
}

/** True for names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function invalid(message: string): PlumblineError {
  return new PlumblineError('PLB_CONFIG_INVALID', message);
}
