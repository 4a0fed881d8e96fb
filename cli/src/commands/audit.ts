import { findDocument, type Reading } from '@plumbline/core';
import { loadPack } from '@plumbline/proto';
import { type Command, Option } from 'commander';
import { judgeObservations, versionsOf } from '../audit/judge.ts';
import { look, realPlace, recordedPlace } from '../audit/look.ts';
import { reached, type Threshold, thresholds } from '../audit/threshold.ts';
import type { ExitCode } from '../exit.ts';
import { type FormatName, formatNames, formats } from '../formats/format.ts';
import { deliver } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { plain } from '../text/paint.ts';

/** Options of `plumbline audit` as commander gives them. */
export interface AuditOptions {
  readonly hostRoot?: string;
  readonly node?: string;
  readonly benchmark?: string;
  readonly kubernetesVersion?: string;
  readonly kubeletVersion?: string;
  readonly format: FormatName;
  readonly failOn?: Threshold;
  readonly reading: Reading;
  readonly output?: string;
  readonly nodeName?: string;
}

/** `plumbline audit`. */
export function addAudit(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('audit')
    .description('audit this node once, without an aggregator')
    .addOption(new Option('--host-root <dir>', 'where the root of the node is mounted (default: /)').conflicts('node'))
    .option('--node <fixture>', 'audit a recorded node (YAML of `plumbline record`) instead of this machine')
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
    .option('--output <file>', 'write the report there instead of standard output')
    .option('--node-name <name>', 'name of the node in the report (default: its host name)')
    .action(async (options: AuditOptions) => done(await audit(options, terminal)));
}

/** Exit 0, 1 where --fail-on is reached. Throws coded errors where it could not audit. */
export async function audit(options: AuditOptions, terminal: Terminal): Promise<ExitCode> {
  const pack = loadPack(terminal.environment['PLUMBLINE_BENCHMARKS']);
  const place = options.node === undefined ? realPlace(options.hostRoot ?? '/') : recordedPlace(options.node);
  const versions = { ...place.versions, ...versionsOf(options) };
  // A document that there is not should be said before anybody looks for long.
  if (options.benchmark !== undefined) findDocument(pack, options.benchmark);
  const observations = await look(place.host, { pack, versions, clock: terminal.now, signal: terminal.stop });
  const now = terminal.now().toISOString();
  const { reading, nodeName } = options;
  const { findings, report } = judgeObservations({
    pack,
    observations,
    versions,
    reading,
    now,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(options.benchmark === undefined ? {} : { benchmark: options.benchmark }),
  });
  const sheet = options.output === undefined ? terminal.sheet : { ...terminal.sheet, paint: plain };
  deliver(formats[options.format](report, sheet), options.output, terminal);
  return reached(findings, options.failOn) ? 1 : 0;
}
