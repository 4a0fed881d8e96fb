import { Benchmark, compareNumbers, sectionOf } from '../benchmark.ts';
import { RbacDefaultsFile } from '../cluster/rbac/defaults.ts';
import { type Control, ControlFile } from '../control.ts';
import { Platform } from '../platform.ts';
import { DefaultsFile, FlagsFile, GatesFile, PluginsFile } from '../settings/defaults.ts';
import type { DefaultsTable } from '../settings/find-default.ts';
import type { FlagKind, FlagKinds } from '../settings/flags.ts';
import { checkReferences } from './references.ts';
import { PackError, type PackFile, type Problem, readYaml } from './yaml.ts';

/** Everything that is checked and how, validated as a whole. */
export interface Pack {
  readonly controls: ReadonlyMap<string, Control>;
  /** Documents in their order in time. */
  readonly benchmarks: readonly Benchmark[];
  /** In the order in which they are tried. */
  readonly platforms: readonly Platform[];
  readonly defaults: DefaultsTable;
  readonly kinds: FlagKinds;
}

/** Path below benchmarks/ (`controls/apiserver/profiling.yaml`) → text. */
export type PackTexts = ReadonlyMap<string, string>;

/**
 * Reads a whole pack. Throws PackError with file and line of every problem: bad YAML, schema, totals, unknown controls, settings,
 * named files or parameters, broken order of documents.
 */
export function readPack(texts: PackTexts): Pack {
  const problems: Problem[] = [];
  const controls = new Map<string, Control>();
  const controlFiles = new Map<string, { control: Control; read: PackFile<ControlFileValue> }>();
  for (const [file, text] of inFolder(texts, 'controls/')) {
    const read = readYaml<ControlFileValue>(file, text, ControlFile, problems);
    if (!read) continue;
    const slug = slugOf(file);
    if (controls.has(slug))
      problems.push({ code: 'PLB_PACK_RULE', file, line: 1, message: `a second file for the control ${slug}` });
    const control: Control = { ...read.value, slug, params: read.value.params ?? {} };
    if (control.alsoOn && control.subject !== 'node')
      problems.push({
        code: 'PLB_PACK_RULE',
        file,
        line: 1,
        message: '`alsoOn` is for controls whose subject is the node',
      });
    controlFiles.set(file, { control, read });
    controls.set(slug, control);
  }
  const benchmarks: { file: string; read: PackFile<Benchmark> }[] = [];
  for (const [file, text] of inFolder(texts, 'cis/')) {
    const read = readYaml<Benchmark>(file, text, Benchmark, problems);
    if (read) benchmarks.push({ file, read });
  }
  if (inFolder(texts, 'cis/').next().done)
    problems.push({ code: 'PLB_PACK_RULE', file: 'cis', line: 1, message: 'a pack holds at least one document' });
  for (const one of benchmarks) checkDocument(one.file, one.read, controls, problems);
  const platforms: { file: string; value: Platform }[] = [];
  for (const [file, text] of inFolder(texts, 'platforms/')) {
    const read = readYaml<Platform>(file, text, Platform, problems);
    if (read) platforms.push({ file, value: read.value });
  }
  const defaults = readDefaults(texts, problems);
  const pack: Pack = {
    controls,
    benchmarks: inTime(benchmarks, problems),
    platforms: platforms.map((one) => one.value).sort((a, b) => Number(a.order) - Number(b.order)),
    defaults,
    kinds: readKinds(texts, problems),
  };
  checkReferences(pack, controlFiles, problems);
  if (problems.length > 0) throw new PackError(problems);
  return pack;
}

type ControlFileValue = Omit<Control, 'slug' | 'params'> & { readonly params?: Control['params'] };

/** `controls/kubelet/anonymous-auth.yaml` → `kubelet-anonymous-auth`. */
export function slugOf(file: string): string {
  return file.slice('controls/'.length, -'.yaml'.length).replaceAll('/', '-');
}

function* inFolder(texts: PackTexts, folder: string): Generator<readonly [string, string]> {
  for (const [file, text] of texts) if (file.startsWith(folder) && file.endsWith('.yaml')) yield [file, text];
}

function checkDocument(
  file: string,
  read: PackFile<Benchmark>,
  controls: ReadonlyMap<string, Control>,
  problems: Problem[],
): void {
  const document = read.value;
  const say = (path: readonly (string | number)[], message: string) =>
    problems.push({ code: 'PLB_PACK_RULE', file, line: read.lineOf(path), message });
  if (document.controls.length !== Number(document.total)) {
    say(['total'], `the document lists ${document.controls.length} controls, its published total is ${document.total}`);
  }
  for (const [section, { total }] of Object.entries(document.sections)) {
    const listed = document.controls.filter((entry) => sectionOf(entry.number) === section).length;
    if (listed !== Number(total))
      say(['sections', section], `section ${section} lists ${listed} controls, published are ${total}`);
  }
  const seen = new Set<string>();
  document.controls.forEach((entry, index) => {
    const control = controls.get(entry.control);
    if (!control) say(['controls', index, 'control'], `there is no control ${entry.control}`);
    for (const name of Object.keys(entry.params ?? {})) {
      if (control && !(name in control.params))
        say(['controls', index, 'params'], `${entry.control} has no parameter ${name}`);
    }
    if (seen.has(entry.number)) say(['controls', index, 'number'], `number ${entry.number} is listed twice`);
    seen.add(entry.number);
    const before = document.controls[index - 1];
    if (before && compareNumbers(before.number, entry.number) >= 0)
      say(['controls', index, 'number'], `number ${entry.number} does not come after ${before.number}`);
    if (!(sectionOf(entry.number) in document.sections))
      say(['controls', index, 'number'], `no section ${sectionOf(entry.number)}`);
  });
}

/** Follows the chain of `follows`; exactly one document follows none and each is followed at most once. */
function inTime(
  files: readonly { file: string; read: PackFile<Benchmark> }[],
  problems: Problem[],
): readonly Benchmark[] {
  const twins = files.filter((one, index) => index > files.findIndex((other) => sameId(one.read, other.read)));
  for (const one of twins) {
    const message = `a second document ${one.read.value.benchmark}`;
    problems.push({ code: 'PLB_PACK_RULE', file: one.file, line: one.read.lineOf(['benchmark']), message });
  }
  // With ids that are unique the chain has an end.
  if (twins.length > 0) return [];
  const next = new Map<string | null, { file: string; read: PackFile<Benchmark> }>();
  for (const one of files) {
    const { follows, benchmark } = one.read.value;
    const twin = next.get(follows);
    if (twin)
      problems.push({
        code: 'PLB_PACK_RULE',
        file: one.file,
        line: one.read.lineOf(['follows']),
        message: `${benchmark} and ${twin.read.value.benchmark} both follow ${follows ?? 'nothing'}`,
      });
    next.set(follows, one);
  }
  const ordered: Benchmark[] = [];
  for (let here = next.get(null); here; here = next.get(here.read.value.benchmark)) {
    ordered.push(here.read.value);
  }
  for (const one of files) {
    if (!ordered.includes(one.read.value))
      problems.push({
        code: 'PLB_PACK_RULE',
        file: one.file,
        line: one.read.lineOf(['follows']),
        message: 'is not in the chain of documents',
      });
  }
  return ordered;
}

function sameId(a: PackFile<Benchmark>, b: PackFile<Benchmark>): boolean {
  return a.value.benchmark === b.value.benchmark;
}

function readDefaults(texts: PackTexts, problems: Problem[]): DefaultsTable {
  const components = new Map<string, DefaultsFile>();
  const special = new Set(
    ['admission-plugins', 'feature-gates', 'flags', 'rbac'].map((name) => `defaults/${name}.yaml`),
  );
  for (const [file, text] of inFolder(texts, 'defaults/')) {
    if (special.has(file)) continue;
    const read = readYaml<DefaultsFile>(file, text, DefaultsFile, problems);
    if (read) components.set(read.value.component, read.value);
  }
  const plugins = readOne<PluginsFile>(texts, 'defaults/admission-plugins.yaml', PluginsFile, problems);
  const gates = readOne<GatesFile>(texts, 'defaults/feature-gates.yaml', GatesFile, problems);
  const rbac = readOne<RbacDefaultsFile>(texts, 'defaults/rbac.yaml', RbacDefaultsFile, problems);
  return {
    components,
    plugins: plugins ?? { component: 'kube-apiserver', source: '', defaultOn: [], plugins: {} },
    gates: gates ?? { source: '', gates: {} },
    rbac: rbac ?? { source: [], bindings: [], roles: {} },
  };
}

function readKinds(texts: PackTexts, problems: Problem[]): FlagKinds {
  const file = readOne<{ components: Record<string, Record<string, { kind: string }>> }>(
    texts,
    'defaults/flags.yaml',
    FlagsFile,
    problems,
  );
  return new Map(
    Object.entries(file?.components ?? {}).map(([component, flags]) => [
      component,
      // `count` flags take no value, like booleans.
      new Map(Object.entries(flags).map(([name, { kind }]) => [name, (kind === 'count' ? 'bool' : kind) as FlagKind])),
    ]),
  );
}

function readOne<T>(
  texts: PackTexts,
  file: string,
  schema: Parameters<typeof readYaml>[2],
  problems: Problem[],
): T | undefined {
  const text = texts.get(file);
  if (text === undefined) {
    problems.push({ code: 'PLB_PACK_RULE', file, line: 1, message: 'is missing' });
    return undefined;
  }
  return readYaml<T>(file, text, schema, problems)?.value;
}
