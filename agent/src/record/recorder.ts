import { type Observation, observedValue, type Pack, type ProcessInstanceValue } from '@plumbline/core';
import {
  baseName,
  type Entry,
  type FileStat,
  type Host,
  type RecordAs,
  type Seen,
  takeByReading,
} from '../host/index.ts';
import { observeNode } from '../snapshot.ts';
import { fixtureText, type Recorded } from './fixture-text.ts';

/** What a recording is made with: the pack decides what is looked at, `says` is a comment at its top. */
export interface RecordOptions {
  readonly pack: Pack;
  readonly clock: () => string;
  readonly versions: { readonly kubelet?: string; readonly controlPlane?: string };
  readonly says?: string;
}

/**
 * Writes down, as the text of a fixture, exactly what a pass over the node looks at, without secrets: an observation of the
 * recording equals one of the node.
 */
export async function recordNode(host: Host, options: RecordOptions): Promise<string> {
  const places = new Map<string, Recorded>();
  const { pack, clock, versions } = options;
  const observations = await observeNode({ host: recordingHost(host, places), pack, clock, versions });
  dropOtherProcesses(places);
  shortenImpostors(places, observations);
  await host.refresh();
  return fixtureText(places, { ...options, capabilities: await host.capabilities() });
}

/** A host that notes every answer of another. */
function recordingHost(host: Host, places: Map<string, Recorded>): Host {
  const note = (path: string, more: Recorded) => places.set(path, { ...places.get(path), ...more });
  const noteStat = async (path: string): Promise<Seen<FileStat>> => {
    const found = await host.stat(path);
    await noteLinks(host, path, found, note);
    return found;
  };
  const read: Host['read'] = async (path, options) => {
    const content = await host.read(path, options);
    const found = await noteStat(path);
    if (found.state !== 'observed') return content;
    if (content.state === 'observed')
      note(found.value.path, { content: asRecorded(content.value.bytes, options.recordAs) });
    else if (found.value.type === 'file') note(found.value.path, { state: content.state });
    return content;
  };
  return {
    stat: noteStat,
    read,
    take: takeByReading(read),
    async list(path, limit) {
      const listing = await host.list(path, limit);
      const found = await noteStat(path);
      if (found.state !== 'observed') return listing;
      if (listing.state !== 'observed') note(found.value.path, { state: listing.state });
      else for (const entry of listing.value.entries) noteEntry(found.value.path, entry, places);
      return listing;
    },
    async link(path) {
      const target = await host.link(path);
      if (target.state === 'observed') note(path, { type: 'link', to: target.value });
      else if (target.state === 'denied') note(path, { type: 'link', to: '', state: 'denied' });
      return target;
    },
    // Recordings hold no times, so that nothing in them looks changed.
    booted: () => undefined,
    capabilities: () => host.capabilities(),
    refresh: () => host.refresh(),
  };
}

function asRecorded(bytes: Buffer, recordAs: RecordAs): string {
  return recordAs === 'as-is' ? bytes.toString('utf8') : recordAs(bytes);
}

/** A name that was listed and perhaps never looked at. */
function noteEntry(directory: string, entry: Entry, places: Map<string, Recorded>): void {
  const path = `${directory === '/' ? '' : directory}/${entry.name}`;
  // The directory of the processes is full of what has nothing to do with a component.
  if (directory === '/proc' && !/^\d+$/.test(entry.name)) return;
  if (!places.has(path)) places.set(path, { type: entry.type });
}

/** The place where links end, and the links on the way to it. */
async function noteLinks(
  host: Host,
  path: string,
  found: Seen<FileStat>,
  note: (path: string, more: Recorded) => unknown,
): Promise<void> {
  if (found.state === 'observed') {
    const { type, mode, uid, gid, path: target } = found.value;
    note(target, { type, mode, uid, gid });
    if (target === path) return;
  } else if (found.state === 'denied') note(path, { type: 'denied' });
  let here = path;
  for (let step = 0; step < 40; step++) {
    const link = await firstLink(host, here);
    if (!link) return;
    note(link.path, { type: 'link', to: link.to });
    here = link.rest;
  }
}

interface Link {
  readonly path: string;
  readonly to: string;
  /** The whole path with this link followed. */
  readonly rest: string;
}

async function firstLink(host: Host, path: string): Promise<Link | undefined> {
  const steps = path.split('/').filter(Boolean);
  for (let length = 1; length <= steps.length; length++) {
    const here = `/${steps.slice(0, length).join('/')}`;
    const target = await host.link(here);
    if (target.state !== 'observed') continue;
    const parent = here.slice(0, -baseName(here).length);
    const start = target.value.startsWith('/') ? target.value : `${parent}${target.value}`;
    return { path: here, to: target.value, rest: tidyPath([start, ...steps.slice(length)].join('/')) };
  }
  return undefined;
}

function tidyPath(path: string): string {
  const out: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') out.pop();
    else if (step !== '' && step !== '.') out.push(step);
  }
  return `/${out.join('/')}`;
}

/** Processes of which nothing but the command line was read are nobody's business. */
function dropOtherProcesses(places: Map<string, Recorded>): void {
  const kept = new Set(['1']);
  for (const path of places.keys()) {
    const found = /^\/proc\/(\d+)\/(.+)$/.exec(path);
    if (found?.[1] && found[2] !== 'cmdline' && found[2] !== 'stat') kept.add(found[1]);
  }
  for (const path of [...places.keys()]) {
    const pid = /^\/proc\/(\d+)(\/|$)/.exec(path)?.[1];
    if (pid !== undefined && !kept.has(pid)) places.delete(path);
  }
}

/** What others than the components were told is theirs; their name is enough to be ignored again. */
function shortenImpostors(places: Map<string, Recorded>, observations: readonly Observation[]): void {
  const genuine = observations
    .filter((one) => one.fact === 'process.instance')
    .map((one) => observedValue<ProcessInstanceValue>(one)?.pid);
  for (const [path, place] of places) {
    const pid = /^\/proc\/(\d+)\/cmdline$/.exec(path)?.[1];
    const end = place.content?.indexOf('\0') ?? -1;
    if (pid === undefined || end < 0 || genuine.includes(Number(pid))) continue;
    places.set(path, { ...place, content: place.content?.slice(0, end + 1) ?? '' });
  }
}
