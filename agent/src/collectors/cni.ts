import { at, type CniValue, type Json, type JsonObject } from '@plumbline/core';
import { missing, tidy } from '../host/index.ts';
import { documentReading } from '../redact/document.ts';
import type { Collector } from './survey.ts';

const directory = '/etc/cni/net.d';

/** Which plugins the CNI configuration names. */
export const cni: Collector = {
  name: 'cni',
  yields: () => [['cni', 'node']],
  async collect({ host }, out) {
    const listing = await host.list(directory);
    if (listing.state !== 'observed') {
      out.miss('cni', 'node', listing);
      return;
    }
    const names = listing.value.entries
      .map((entry) => entry.name)
      .filter((name) => /\.(conf|conflist|json)$/.test(name));
    const configurations: CniValue['configurations'][number][] = [];
    for (const name of names.sort()) {
      const path = tidy(directory, name);
      const taken = await host.take(path, documentReading(project));
      if (taken.state === 'absent') continue;
      if (taken.state !== 'observed') return out.miss('cni', 'node', taken);
      if (!taken.value.ok) return out.miss('cni', 'node', missing('malformed', `${path}: ${taken.value.detail}`));
      const { document } = taken.value;
      const plugins = at(document, 'plugins');
      const types = (Array.isArray(plugins) ? plugins : [document]).map((plugin) => String(at(plugin, 'type') ?? ''));
      configurations.push({ file: path, name: String(document['name'] ?? ''), plugins: types.filter(Boolean) });
    }
    out.see('cni', 'node', { directory, configurations } satisfies CniValue);
  },
};

/** Plugins may carry credentials in fields of their own; only names and types are read. */
function project(document: JsonObject): JsonObject {
  const type = (value: Json | undefined) => ({ type: String(at(value, 'type') ?? '') });
  const plugins = document['plugins'];
  const body = Array.isArray(plugins) ? { plugins: plugins.map(type) } : type(document);
  return { name: String(document['name'] ?? ''), ...body };
}
