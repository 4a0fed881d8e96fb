import type { UnitValue } from '@plumbline/core';
import { baseName, missing, type Seen, seen, tidy } from '../host/index.ts';
import type { Instance } from '../locate/index.ts';
import { selectEnvironment } from '../redact/environment.ts';
import { wordsOf } from '../redact/words.ts';
import { type Collector, once, type Survey } from './survey.ts';
import { environmentFile, mergeDirectives, pairsOf, shownDirective, unitFile } from './unit-file.ts';

/** A unit as systemd would load it. `environment`: the selected variables; `programs`: base names that it starts. */
export interface Unit {
  readonly value: UnitValue;
  readonly environment: Readonly<Record<string, string>>;
  readonly programs: readonly string[];
}

/** Units of every component of the platform, and those that run one of them. */
export const units: Collector = {
  name: 'units',
  yields: (survey) => unitNames(survey).map((name) => ['unit', name] as const),
  async collect(survey, out) {
    for (const name of unitNames(survey)) {
      const unit = await readUnit(survey, name);
      out.put('unit', name, unit.state === 'observed' ? seen(unit.value.value) : unit);
    }
  },
};

function unitNames(survey: Survey): readonly string[] {
  const known = Object.values(survey.platform.components).flatMap((place) => place.units ?? []);
  const running = survey.located.instances.flatMap((one) => unitOf(one) ?? []);
  return [...new Set([...known, ...running])];
}

/** The unit that runs an instance; undefined when it is no service or in no recognisable unit. */
export function unitOf(instance: Instance): string | undefined {
  const { kind, name } = instance.vouched.runsAs;
  return kind === 'service' && name.endsWith('.service') ? name : undefined;
}

/** Reads a unit once a pass: the first directory that has it wins, drop-ins of all directories by name. Source: systemd.unit(5). */
export function readUnit(survey: Survey, name: string): Promise<Seen<Unit>> {
  return once(survey, `unit ${name}`, () => loadUnit(survey, name));
}

async function loadUnit(survey: Survey, name: string): Promise<Seen<Unit>> {
  const { host, platform } = survey;
  if (!/^[\w@.:\\-]+\.service$/.test(name)) return missing('unsupported', `${name} is no name of a service`);
  for (const directory of platform.unitDirectories) {
    const path = tidy(directory, name);
    const main = await host.take(path, unitFile);
    if (main.state === 'absent') continue;
    if (main.state !== 'observed') return main;
    const dropIns = await dropInsOf(survey, name);
    if (dropIns.state !== 'observed') return dropIns;
    const lines = [...main.value];
    for (const dropIn of dropIns.value) {
      const content = await host.take(dropIn, unitFile);
      if (content.state !== 'observed') return content;
      lines.push(...content.value);
    }
    return seen(await assemble(survey, path, dropIns.value, lines));
  }
  return missing('absent', `no unit ${name} in ${platform.unitDirectories.join(', ')}`);
}

/** Drop-ins in the order of their names; of equal names the first directory wins, a device (`/dev/null`) masks. */
async function dropInsOf(survey: Survey, name: string): Promise<Seen<readonly string[]>> {
  const byName = new Map<string, string>();
  for (const folder of [`${name}.d`, 'service.d']) {
    for (const directory of survey.platform.unitDirectories) {
      const listing = await survey.host.list(tidy(directory, folder));
      if (listing.state === 'absent') continue;
      if (listing.state !== 'observed') return listing;
      for (const entry of listing.value.entries) {
        if (!entry.name.endsWith('.conf') || byName.has(entry.name)) continue;
        byName.set(entry.name, tidy(directory, folder, entry.name));
      }
    }
  }
  const paths: string[] = [];
  for (const [, path] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const found = await survey.host.stat(path);
    if (found.state === 'absent' || (found.state === 'observed' && found.value.type === 'device')) continue;
    paths.push(path);
  }
  return seen(paths);
}

async function assemble(
  survey: Survey,
  path: string,
  dropIns: readonly string[],
  lines: readonly (readonly [key: string, value: string])[],
): Promise<Unit> {
  const merged = mergeDirectives(lines);
  const environmentFiles = (merged.get('EnvironmentFile') ?? [])
    .map((file) => file.replace(/^-/, ''))
    .filter((file) => file.startsWith('/'));
  const pairs = [...pairsOf((merged.get('Environment') ?? []).flatMap(wordsOf))];
  for (const file of environmentFiles) {
    const content = await survey.host.take(tidy(file), environmentFile);
    if (content.state === 'observed') pairs.push(...content.value);
  }
  const directives = Object.fromEntries([...merged].map(([key, values]) => [key, shownDirective(key, values)]));
  const programs = (merged.get('ExecStart') ?? []).map((line) =>
    baseName((wordsOf(line)[0] ?? '').replace(/^[-@:+!]+/, '')),
  );
  return {
    value: { path, dropIns, environmentFiles: environmentFiles.map((file) => tidy(file)), directives },
    environment: selectEnvironment(pairs),
    programs,
  };
}
