import { type NodeView, nodeView, type Pack, type Reading } from '@plumbline/core';
import { loadPack } from '@plumbline/proto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { judgeWholeCluster } from '../audit/cluster.ts';
import { decisionsIn, withDecisions } from '../audit/decided.ts';
import { type Audit, judgeObservations, looksLikeNode, versionsOf } from '../audit/judge.ts';
import { look, realPlace, recordedPlace } from '../audit/look.ts';
import { judgeManifests } from '../audit/manifests.ts';
import { reached, type Threshold, thresholds } from '../audit/threshold.ts';
import type { ExitCode } from '../exit.ts';
import { type FormatName, formatNames, formats } from '../formats/format.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { deliver } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { plain } from '../text/paint.ts';

/** Options of `plumbline audit` as commander gives them. */
export interface AuditOptions {
  readonly hostRoot?: string;
  readonly node?: string;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly manifests?: string;
  readonly excludeNamespaces: readonly string[];
  readonly systemNamespaces: readonly string[];
  readonly watchSecrets?: true;
  readonly benchmark?: string;
  readonly kubernetesVersion?: string;
  readonly kubeletVersion?: string;
  readonly format: FormatName;
  readonly failOn?: Threshold;
  readonly waivers?: string;
  readonly reading: Reading;
  readonly output?: string;
  readonly nodeName?: string;
}

/** `plumbline audit`. */
export function addAudit(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('audit')
    .description('audit this node, a cluster or manifests once, without an aggregator')
    .addOption(new Option('--host-root <dir>', 'where the root of the node is mounted (default: /)').conflicts('node'))
    .option('--node <fixture>', 'audit a recorded node (YAML of `plumbline record`) instead of this machine')
    .addOption(new Option('--cluster', 'audit the cluster too: sections 3 and 5 from its API').conflicts('manifests'))
    .option('--kubeconfig <file>', 'with --cluster: which cluster (default: KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'with --cluster: which context of the kubeconfig')
    .addOption(
      new Option('--manifests <path>', 'judge section 5 over manifests, a directory or a file').conflicts([
        'node',
        'hostRoot',
      ]),
    )
    .option(
      '--exclude-namespaces <globs>',
      'leave these out of everything: names with *, separated by commas',
      globs,
      [],
    )
    .option('--system-namespaces <globs>', 'mark these as the system besides kube-*', globs, [])
    .option('--watch-secrets', 'with --cluster: read the metadata of token secrets too')
    .option('--benchmark <id>', 'document to use, for instance cis/kubernetes-1.8 (default: by version)')
    .option('--kubernetes-version <version>', 'version of the cluster, for instance 1.34')
    .option('--kubelet-version <version>', 'version of the kubelet where it differs')
    .addOption(new Option('--format <format>', 'output format').choices(formatNames).default('table'))
    .addOption(new Option('--fail-on <status>', 'exit 1 when a control is this bad or worse').choices(thresholds))
    .addOption(
      new Option('--reading <reading>', 'what really holds, or what the text of the document asks for')
        .choices(['effective', 'letter'])
        .default('effective'),
    )
    .option(
      '--waivers <file>',
      'waivers and attestations (YAML): counted beside the raw numbers; --fail-on follows them',
    )
    .option('--output <file>', 'write the report there instead of standard output')
    .option('--node-name <name>', 'name of the node in the report (default: its host name)')
    .action(async (options: AuditOptions) => done(await audit(options, terminal)));
}

/** Exit 0, 1 where --fail-on is reached. Throws coded errors where it could not audit. */
export async function audit(options: AuditOptions, terminal: Terminal): Promise<ExitCode> {
  const pack = loadPack(terminal.environment['PLUMBLINE_BENCHMARKS']);
  const now = terminal.now();
  const decisions = options.waivers === undefined ? undefined : decisionsIn(options.waivers, pack, now);
  const raw = await audited(options, pack, terminal);
  const { findings, report } = decisions ? withDecisions(raw, decisions, now) : raw;
  const sheet = options.output === undefined ? terminal.sheet : { ...terminal.sheet, paint: plain };
  deliver(formats[options.format](report, sheet), options.output, terminal);
  return reached(findings, options.failOn) ? 1 : 0;
}

function audited(options: AuditOptions, pack: Pack, terminal: Terminal): Promise<Audit> {
  if (options.manifests !== undefined) return auditManifests(options, options.manifests, pack, terminal);
  return options.cluster ? auditCluster(options, pack, terminal) : auditNode(options, pack, terminal);
}

async function auditNode(options: AuditOptions, pack: Pack, terminal: Terminal): Promise<Audit> {
  const place = placeOf(options);
  const versions = { ...place.versions, ...versionsOf(options) };
  const observations = await look(place.host, { pack, versions, clock: terminal.now, signal: terminal.stop });
  return judgeObservations({
    pack,
    observations,
    versions,
    reading: options.reading,
    now: terminal.now().toISOString(),
    ...(options.nodeName === undefined ? {} : { nodeName: options.nodeName }),
    ...documentOf(options),
  });
}

async function auditManifests(options: AuditOptions, path: string, pack: Pack, terminal: Terminal): Promise<Audit> {
  return judgeManifests({
    pack,
    manifests: readManifests(path),
    name: path,
    versions: versionsOf(options),
    reading: options.reading,
    exclude: options.excludeNamespaces,
    system: options.systemNamespaces,
    now: terminal.now().toISOString(),
    ...documentOf(options),
  });
}

async function auditCluster(options: AuditOptions, pack: Pack, terminal: Terminal): Promise<Audit> {
  // The Kubernetes client takes a second to load; the other audits do not need it.
  const { clusterToAsk, askCluster } = await import('../audit/ask-cluster.ts');
  const source = clusterToAsk(options, terminal.environment);
  const seen = await thisNode(options, pack, terminal);
  const cluster = await askCluster(source, options, seen, terminal.stop);
  try {
    return judgeWholeCluster({
      pack,
      cluster,
      seen: cluster.nodes.some((one) => one.name === seen?.node) ? seen : undefined,
      kubeletVersion: options.kubeletVersion,
      reading: options.reading,
      exclude: options.excludeNamespaces,
      system: options.systemNamespaces,
      now: terminal.now().toISOString(),
      ...documentOf(options),
    });
  } finally {
    await cluster.close();
  }
}

/** This machine, or the recorded node that was named, when it looks like a node. */
async function thisNode(options: AuditOptions, pack: Pack, terminal: Terminal): Promise<NodeView | undefined> {
  const { nodeNameOf } = await import('../up/sources.ts');
  const { host, versions } = placeOf(options);
  const observations = await look(host, { pack, versions, clock: terminal.now, signal: terminal.stop });
  const view = nodeView('', observations);
  if (!looksLikeNode(view)) return undefined;
  const name = options.nodeName ?? nodeNameOf(view, terminal.environment);
  return nodeView(name, observations);
}

function placeOf({ node, hostRoot }: AuditOptions) {
  return node === undefined ? realPlace(hostRoot ?? '/') : recordedPlace(node);
}

function documentOf({ benchmark }: AuditOptions) {
  return benchmark === undefined ? {} : { benchmark };
}

/** Names of namespaces with `*` for any text, separated by commas. */
function globs(text: string): readonly string[] {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong = list.find((one) => !/^[a-z0-9*-]{1,63}$/.test(one));
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is no name of a namespace with * for any text.`);
  return list;
}
