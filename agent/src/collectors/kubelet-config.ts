import type { DropInsValue } from '@plumbline/core';
import { type Host, missing, type Seen, seen, tidy } from '../host/index.ts';
import { redactDocument } from '../redact/document.ts';
import { configOf, pathSetting, readDocument } from './config.ts';
import { hostPathOf } from './mapping.ts';
import { type Collector, instancesFor, type Survey } from './survey.ts';

/** The kubelet's configuration file and its drop-ins. */
export const kubeletConfig: Collector = {
  name: 'kubelet-config',
  yields: (survey) =>
    instancesFor(survey, 'kubelet').flatMap((one) => {
      const told = (key: string, fact: string) =>
        pathSetting(survey, one, key) === undefined ? [] : [[fact, one.subject] as const];
      return [...told('config', 'kubelet.config'), ...told('config-dir', 'kubelet.drop-ins')];
    }),
  async collect(survey, out) {
    for (const kubelet of instancesFor(survey, 'kubelet')) {
      const config = await configOf(survey, kubelet, 'config', redactDocument);
      if (config) out.put('kubelet.config', kubelet.subject, config);
      const directory = pathSetting(survey, kubelet, 'config-dir');
      if (directory === undefined) continue;
      const mapped = typeof directory === 'string' ? await hostPathOf(survey, kubelet, directory) : directory;
      out.put(
        'kubelet.drop-ins',
        kubelet.subject,
        mapped.state === 'observed' ? await dropIns(survey, mapped.value.path) : mapped,
      );
    }
  },
};

/** Any file that the kubelet could not read stops it, so one that we cannot read makes the whole unknown. */
async function dropIns(survey: Survey, directory: string): Promise<Seen<DropInsValue>> {
  const paths = await walk(survey.host, directory, 0);
  if (paths.state !== 'observed') return paths;
  const files: DropInsValue['files'][number][] = [];
  for (const path of paths.value) {
    const read = await readDocument(survey, { path, asSeen: path }, redactDocument);
    if (read.state !== 'observed') return read;
    files.push({ path, document: read.value.document });
  }
  return seen({ directory, files });
}

const maxDepth = 16;

/** As filepath.WalkDir: names in byte order, folders where they stand, links to folders are not entered. */
async function walk(host: Host, directory: string, depth: number): Promise<Seen<readonly string[]>> {
  if (depth > maxDepth) return missing('too-large', `${directory} is nested deeper than ${maxDepth}`);
  const listing = await host.list(directory);
  if (listing.state !== 'observed') return listing;
  if (listing.value.truncated) return missing('too-large', `${directory} holds too many names`);
  const found: string[] = [];
  const entries = [...listing.value.entries].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  for (const { name, type } of entries) {
    const path = tidy(directory, name);
    if (type === 'directory') {
      const below = await walk(host, path, depth + 1);
      if (below.state !== 'observed') return below;
      found.push(...below.value);
    } else if (name.endsWith('.conf')) found.push(path);
  }
  return seen(found);
}
