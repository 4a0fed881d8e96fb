import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { PlumblineError } from '@plumbline/core';
import { checkTarget, type Target } from './uplink/channel.ts';

/** How much is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything an agent is told. */
export interface AgentConfig {
  readonly hostRoot: string;
  readonly nodeName: string;
  readonly target: Target;
  readonly intervalSeconds: number;
  /** Longest time without a look where changes are watched. */
  readonly rescanSeconds: number;
  readonly spoolDirectory: string | undefined;
  readonly health: { readonly host: string; readonly port: number };
  readonly benchmarks: string | undefined;
  readonly logLevel: LogLevel;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flag → default and meaning. The environment variable of a flag is PLUMBLINE_ and its name in capitals. */
const flags = {
  'host-root': { default: '/', says: 'where the root of the node is mounted' },
  aggregator: { default: undefined, says: 'host:port of the aggregator' },
  'node-name': { default: undefined, says: 'name of this node (else NODE_NAME, else the host name)' },
  'tls-ca-file': { default: undefined, says: 'CA that the aggregator must show a certificate of' },
  'tls-cert-file': { default: undefined, says: 'client certificate' },
  'tls-key-file': { default: undefined, says: 'key of the client certificate' },
  'token-file': { default: undefined, says: 'bearer token, read again at every connect' },
  interval: {
    default: '60s',
    says: 'time between two messages, and between two looks where changes cannot be watched, 5s to 1h',
  },
  rescan: { default: '5m', says: 'longest time without a look, whatever was noticed, 5s to 1h' },
  'spool-dir': { default: undefined, says: 'where changes outlive a restart of the agent' },
  'health-address': { default: '127.0.0.1:8081', says: 'address of /healthz, /readyz and /metrics' },
  benchmarks: { default: undefined, says: 'directory of benchmarks (default: the bundled ones)' },
  'log-level': { default: 'info', says: 'debug, info, warn or error' },
} as const satisfies Record<string, { readonly default: string | undefined; readonly says: string }>;

type Flag = keyof typeof flags;

/** Flags win over the environment, which wins over defaults. Throws PLB_CONFIG_INVALID. */
export function readConfig(argv: readonly string[], environment: Environment): AgentConfig {
  const given = parse(argv);
  const value = (flag: Flag): string | undefined =>
    given[flag] ?? environment[`PLUMBLINE_${flag.toUpperCase().replaceAll('-', '_')}`] ?? flags[flag].default;
  const address = value('aggregator');
  if (!address) throw invalid('give --aggregator host:port');
  const target: Target = {
    address,
    caFile: value('tls-ca-file'),
    certFile: value('tls-cert-file'),
    keyFile: value('tls-key-file'),
    tokenFile: value('token-file'),
  };
  checkTarget(target);
  return {
    hostRoot: value('host-root') ?? '/',
    nodeName: value('node-name') ?? environment['NODE_NAME'] ?? hostname(),
    target,
    intervalSeconds: secondsOf('interval', value('interval') ?? ''),
    rescanSeconds: secondsOf('rescan', value('rescan') ?? ''),
    spoolDirectory: value('spool-dir'),
    health: addressOf(value('health-address') ?? ''),
    benchmarks: value('benchmarks') ?? environment['PLUMBLINE_BENCHMARKS'],
    logLevel: levelOf(value('log-level') ?? ''),
  };
}

/** One line a flag. */
export function usage(): string {
  const lines = Object.entries(flags).map(([flag, one]) => {
    const fallback = one.default === undefined ? '' : ` (default ${one.default})`;
    return `  --${flag.padEnd(16)} ${one.says}${fallback}`;
  });
  return ['plumbline-agent looks at this node and tells the aggregator what it finds.', '', ...lines, ''].join('\n');
}

function parse(argv: readonly string[]): Partial<Record<string, string>> {
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : 'the command line cannot be read');
  }
}

function secondsOf(flag: Flag, text: string): number {
  const [, number, unit] = /^(\d{1,5})(s|m|h)$/.exec(text) ?? [];
  const seconds = Number(number) * { s: 1, m: 60, h: 3_600 }[unit === 'm' || unit === 'h' ? unit : 's'];
  if (seconds >= 5 && seconds <= 3_600) return seconds;
  throw invalid(`--${flag} ${text} is not between 5s and 1h`);
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) throw invalid(`--health-address ${text} is not host:port`);
  return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
}

function levelOf(text: string): LogLevel {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw invalid(`--log-level ${text} is not debug, info, warn or error`);
}

function invalid(message: string): PlumblineError {
  return new PlumblineError('PLB_CONFIG_INVALID', message);
}
