import { at, isJsonObject, type Json, type JsonObject, type Versions } from '@plumbline/core';
import { parseDocument } from './document.ts';
import type { Entry, Missing } from './host.ts';

/**
 * A node as text. `capabilities`: of the agent that looked. `booted`: ISO time, where it is known. `files`: host path → node, parents are made up where they are not given
 * (root:root 0755). Node: `type` (file directory link fifo socket device denied), `mode` (quoted octal), `uid`, `gid`; `content` or
 * `contents` (successive reads, the last repeats) of a file; `modified` and `changed` (ISO times, else long ago); `to` of a link; `state`: how reading, listing or following ends although
 * the place can be seen.
 */
export interface Fixture {
  readonly capabilities: readonly string[];
  readonly booted: number | undefined;
  /** Versions of the components when it was recorded, for who judges it. */
  readonly versions: Versions;
  readonly nodes: ReadonlyMap<string, FixtureNode>;
}

/** One place of a fixture. */
export interface FixtureNode {
  readonly type: Entry['type'] | 'denied';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: number;
  readonly changed: number;
  readonly contents: readonly string[];
  readonly to: string;
  readonly state?: Missing['state'];
}

const types: readonly string[] = ['file', 'directory', 'link', 'fifo', 'socket', 'device', 'other', 'denied'];
const states: readonly string[] = ['absent', 'denied', 'malformed', 'too-large', 'timed-out', 'unsupported'];

/** Versions that a recording was made of; empty where it does not say. Throws where the text is no fixture. */
export function fixtureVersions(text: string): Versions {
  return readFixture(text).versions;
}

/** Reads a fixture; throws where the text is none, because fixtures are ours. */
export function readFixture(text: string): Fixture {
  const parsed = parseDocument(text, 1_000_000);
  if (!parsed.ok) throw new Error(`bad fixture: ${parsed.detail}`);
  const nodes = new Map<string, FixtureNode>();
  const files = parsed.document['files'];
  if (!isJsonObject(files)) throw new Error('bad fixture: it has no files');
  for (const [path, value] of Object.entries(files)) {
    const full = `/${path.replace(/^\/+|\/+$/g, '')}`;
    if (!isJsonObject(value)) throw new Error(`bad fixture: ${path} is no mapping`);
    nodes.set(full, readNode(path, value));
  }
  for (const path of [...nodes.keys()]) addParents(nodes, path);
  const capabilities = at(parsed.document, 'capabilities');
  const version = (key: string) => {
    const value = at(parsed.document, `versions.${key}`);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  const versions: Versions = { ...version('kubelet'), ...version('controlPlane') };
  const booted = parsed.document['booted'];
  return {
    versions,
    booted: booted === undefined ? undefined : timeOf(booted),
    capabilities: Array.isArray(capabilities) ? capabilities.map(String) : [],
    nodes,
  };
}

function readNode(path: string, value: JsonObject): FixtureNode {
  const type = String(value['type'] ?? 'file');
  const mode = String(value['mode'] ?? (type === 'directory' ? '0755' : '0644'));
  const state = value['state'];
  if (!types.includes(type) || !/^[0-7]{4}$/.test(mode))
    throw new Error(`bad fixture: ${path} has no such type or mode`);
  if (state !== undefined && !states.includes(String(state))) throw new Error(`bad fixture: ${path} has no such state`);
  return {
    type: type as FixtureNode['type'],
    mode: Number.parseInt(mode, 8),
    uid: Number(value['uid'] ?? 0),
    gid: Number(value['gid'] ?? 0),
    modified: timeOf(value['modified'] ?? 0),
    changed: timeOf(value['changed'] ?? value['modified'] ?? 0),
    contents: contentsOf(value),
    to: String(value['to'] ?? ''),
    ...(state === undefined ? {} : { state: state as Missing['state'] }),
  };
}

function contentsOf(value: JsonObject): readonly string[] {
  const several: Json | undefined = value['contents'];
  return Array.isArray(several) ? several.map(String) : [String(value['content'] ?? '')];
}

const madeUp: FixtureNode = {
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  modified: 0,
  changed: 0,
  contents: [],
  to: '',
};

function timeOf(value: Json): number {
  const time = new Date(String(value === 0 ? 'Thu, 01 Jan 1970 00:00:00 GMT' : value)).getTime();
  if (!Number.isFinite(time)) throw new Error(`bad fixture: ${String(value)} is no time`);
  return time;
}

function addParents(nodes: Map<string, FixtureNode>, path: string): void {
  for (let here = path.slice(0, path.lastIndexOf('/')); ; here = here.slice(0, here.lastIndexOf('/'))) {
    if (!nodes.has(here || '/')) nodes.set(here || '/', madeUp);
    if (here === '') return;
  }
}
