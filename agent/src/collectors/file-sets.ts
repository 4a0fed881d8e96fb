import type { FileSetValue, FileSource } from '@plumbline/core';
import { type Missing, tidy } from '../host/index.ts';
import { manifestsOf } from '../locate/index.ts';
import { pathSetting } from './config.ts';
import { hostPathOf, workingDirectory } from './mapping.ts';
import { instancesFor, type Survey, settingsFor } from './survey.ts';
import { readUnit, unitOf } from './unit.ts';
import { below, type Found, globbed } from './walk.ts';

/** Paths of a named set, or why they could not be found out. */
export type FileSet = FileSetValue | Missing;

/** What one source brings; `notes` say why a path is left out. */
interface Brought {
  readonly found: Found;
  readonly sought: readonly string[];
  readonly notes: readonly string[];
}

const nothing: Brought = { found: { paths: [], truncated: false }, sought: [], notes: [] };

/** Resolves a named set of files: every source in turn, fallbacks only while nothing was found. */
export async function fileSet(survey: Survey, sources: readonly FileSource[]): Promise<FileSet> {
  const paths = new Set<string>();
  const sought = new Set<string>();
  const notes = new Set<string>();
  let truncated = false;
  for (const source of sources) {
    if (source.fallback && paths.size > 0) continue;
    const brought = await bring(survey, source);
    if ('state' in brought) return brought;
    for (const path of brought.found.paths) paths.add(path);
    for (const path of brought.sought) sought.add(path);
    for (const note of brought.notes) notes.add(note);
    truncated ||= brought.found.truncated;
  }
  const note = [...notes].join('; ');
  return { paths: [...paths].sort(), sought: [...sought], truncated, ...(note === '' ? {} : { note }) };
}

async function bring(survey: Survey, source: FileSource): Promise<Brought | Missing> {
  if (source.path !== undefined) return exact(survey, [source.path], source);
  if (source.under !== undefined) return walked(survey, [source.under], source);
  if (source.setting !== undefined) return fromSetting(survey, source.setting, (paths) => exact(survey, paths, source));
  if (source.underSetting !== undefined)
    return fromSetting(survey, source.underSetting, (paths) => walked(survey, paths, source));
  if (source.manifest !== undefined)
    return exact(
      survey,
      manifestsOf(survey.manifests, survey.platform, source.manifest).map((one) => one.path),
      source,
    );
  return source.unit === undefined ? nothing : unitFiles(survey, source.unit, source);
}

/** Paths that exist; what cannot be seen is kept, so that its state is judged, and so is what a component uses. */
async function exact(survey: Survey, paths: readonly string[], source: FileSource): Promise<Brought | Missing> {
  const found: string[] = [];
  for (const path of paths) {
    const names = await globbed(survey.host, path);
    if ('state' in names) return names;
    for (const name of names.paths) {
      const stat = await survey.host.stat(name);
      // What a running component was told of and we do not see is no file that happens not to be there.
      if (stat.state === 'absent' && source.setting === undefined) continue;
      if (source.directories || stat.state !== 'observed' || stat.value.type !== 'directory' || !path.includes('*'))
        found.push(name);
    }
  }
  return { found: { paths: found, truncated: false }, sought: paths.map((path) => tidy(path)), notes: [] };
}

async function walked(survey: Survey, directories: readonly string[], source: FileSource): Promise<Brought | Missing> {
  const paths: string[] = [];
  let truncated = false;
  for (const directory of directories) {
    const found = await below(survey, tidy(directory), source);
    if ('state' in found) {
      if (found.state !== 'absent') return found;
      continue;
    }
    paths.push(...found.paths);
    truncated ||= found.truncated;
  }
  return { found: { paths, truncated }, sought: directories.map((one) => tidy(one)), notes: [] };
}

/** Resolves `component:key` on every instance and maps the path from its container; what lives only inside the pod is noted. */
async function fromSetting(
  survey: Survey,
  name: string,
  then: (paths: readonly string[]) => Promise<Brought | Missing>,
): Promise<Brought | Missing> {
  const cut = name.indexOf(':');
  const component = name.slice(0, cut);
  const paths: string[] = [];
  const sought: string[] = [];
  const notes: string[] = [];
  for (const instance of instancesFor(survey, component)) {
    const path = pathSetting(survey, instance, name.slice(cut + 1));
    if (path === undefined) continue;
    if (typeof path !== 'string') return path;
    const named = path.replaceAll('${name}', () => nameOf(survey, instance));
    const mapped = await hostPathOf(
      survey,
      instance,
      named.startsWith('/') ? named : tidy(await workingDirectory(survey, instance), named),
    );
    if (mapped.state === 'observed' && !mapped.value.inside) paths.push(mapped.value.path);
    else if (mapped.state === 'observed' || mapped.state === 'unsupported') {
      sought.push(tidy(named));
      notes.push(`${tidy(named)} of ${component} lives only inside its pod`);
    } else return mapped;
  }
  const brought = await then([...new Set(paths)]);
  if ('state' in brought) return brought;
  return { ...brought, sought: [...brought.sought, ...sought], notes: [...brought.notes, ...notes] };
}

/** etcd's data directory is named after the member when nobody names it. */
function nameOf(survey: Survey, instance: Parameters<typeof settingsFor>[1]): string {
  const setting = settingsFor(survey, instance).get('name');
  return setting.known && typeof setting.value === 'string' ? setting.value : 'default';
}

/** The unit that runs the component, else those that may; with drop-ins and environment files. */
async function unitFiles(survey: Survey, component: string, source: FileSource): Promise<Brought | Missing> {
  const running = instancesFor(survey, component).flatMap((one) => unitOf(one) ?? []);
  const names = running.length > 0 ? running : (survey.platform.components[component]?.units ?? []);
  const paths: string[] = [];
  for (const name of new Set(names)) {
    const unit = await readUnit(survey, name);
    if (unit.state === 'absent') continue;
    if (unit.state !== 'observed') return unit;
    const { path, dropIns } = unit.value.value;
    paths.push(path, ...dropIns);
  }
  const brought = await exact(survey, paths, source);
  if ('state' in brought) return brought;
  const sought = names.flatMap((name) => survey.platform.unitDirectories.map((directory) => tidy(directory, name)));
  return { ...brought, sought };
}
