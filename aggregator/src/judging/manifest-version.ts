import { minorText, parseMinor } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';
import { isCurrent } from './presence.ts';

/**
 * The control plane's version by the manifests of the nodes that are there; undefined where none has any or their minors differ, as they
 * do in the middle of an upgrade.
 */
export function versionByManifests(nodes: readonly NodeRecord[]): string | undefined {
  const versions = nodes.filter(isCurrent).flatMap((node) => node.documents?.manifestVersion ?? []);
  const minors = new Set(versions.map((version) => minorOf(version)));
  return minors.size === 1 ? versions[0] : undefined;
}

function minorOf(version: string): string | undefined {
  const minor = parseMinor(version);
  return minor && minorText(minor);
}
