import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DefaultsFile,
  type FlagKind,
  type GatesFile,
  type Pack,
  type Platform,
  type PluginsFile,
  PlumblineError,
} from '@plumbline/core';
import { loadPack } from './load-pack.ts';

/** What an agent needs of a pack, as JSON: where things are and how settings are computed; no control, no document. */
interface NodePack {
  readonly platforms: readonly Platform[];
  readonly components: Readonly<Record<string, DefaultsFile>>;
  readonly plugins: PluginsFile;
  readonly gates: GatesFile;
  readonly kinds: Readonly<Record<string, Readonly<Record<string, FlagKind>>>>;
}

const fileName = 'node-pack.json';

/** Set by the bundler of the agent, which lays node-pack.json beside it: then nothing that reads and checks YAML is carried along. */
declare const PLUMBLINE_NODE_PACK: true | undefined;

/** The text of node-pack.json, which the bundler lays beside the agent: reading it costs a fraction of parsing the YAML files. */
export function nodePackText(pack: Pack): string {
  const { components, plugins, gates } = pack.defaults;
  const kinds = Object.fromEntries([...pack.kinds].map(([component, flags]) => [component, Object.fromEntries(flags)]));
  const prepared: NodePack = {
    platforms: pack.platforms,
    components: Object.fromEntries(components),
    plugins,
    gates,
    kinds,
  };
  return JSON.stringify(prepared);
}

/** An agent judges nothing of the cluster. */
const noRbac = { source: [], bindings: [], roles: {} };

/**
 * The pack of an agent: node-pack.json where the directory holds one, else everything that loadPack reads. A bundled agent reads
 * node-pack.json alone and throws PLB_CONFIG_INVALID without it.
 */
export function loadNodePack(directory: string | undefined = process.env['PLUMBLINE_BENCHMARKS']): Pack {
  const file = directory ? join(directory, fileName) : '';
  if (file === '' || !existsSync(file)) {
    if (typeof PLUMBLINE_NODE_PACK === 'undefined') return loadPack(directory);
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      `There is no ${fileName} in ${directory ?? 'PLUMBLINE_BENCHMARKS'}.`,
    );
  }
  const { platforms, components, plugins, gates, kinds } = JSON.parse(readFileSync(file, 'utf8')) as NodePack;
  return {
    controls: new Map(),
    benchmarks: [],
    platforms,
    defaults: { components: new Map(Object.entries(components)), plugins, gates, rbac: noRbac },
    kinds: new Map(Object.entries(kinds).map(([component, flags]) => [component, new Map(Object.entries(flags))])),
  };
}
