import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlumblineError } from '@plumbline/core';

/** One recorded node: its name and the text of its fixture. */
export interface RecordedNode {
  readonly name: string;
  readonly text: string;
}

/** The recorded cluster and where it lies. */
export interface RecordedCluster {
  readonly directory: string;
  readonly nodes: readonly RecordedNode[];
  /** The file of its objects, where there is one. */
  readonly objects?: string;
}

/**
 * The only place that knows where the recorded cluster lies: the directory of PLUMBLINE_NODES, else test/nodes of the checkout. A
 * node is named after its file; the objects of the API lie in cluster/objects.yaml. Throws PLB_CONFIG_INVALID when there is none.
 */
export function recordedCluster(environment: NodeJS.ProcessEnv): RecordedCluster {
  const directory = environment['PLUMBLINE_NODES'] || join(import.meta.dirname, '..', '..', '..', 'test', 'nodes');
  const files = yamlFiles(directory);
  if (files.length === 0) {
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      `No node, no cluster, and no recorded nodes (*.yaml) in ${directory}; name their directory in PLUMBLINE_NODES.`,
    );
  }
  const nodes = files.map((file) => ({
    name: file.slice(0, -'.yaml'.length),
    text: readFileSync(join(directory, file), 'utf8'),
  }));
  const objects = join(directory, 'cluster', 'objects.yaml');
  return { directory, nodes, ...(existsSync(objects) ? { objects } : {}) };
}

function yamlFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.yaml'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
