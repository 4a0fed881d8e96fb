import { at, type Versions } from '@plumbline/core';
import { parseDocument } from '../host/index.ts';

/** The versions that a recorded node was recorded with; empty where the text says none. */
export function recordedVersions(text: string): Versions {
  const parsed = parseDocument(text, 1_000_000);
  const said = (name: string) => (parsed.ok ? at(parsed.document, `versions.${name}`) : undefined);
  const kubelet = said('kubelet');
  const controlPlane = said('controlPlane');
  return {
    ...(typeof kubelet === 'string' ? { kubelet } : {}),
    ...(typeof controlPlane === 'string' ? { controlPlane } : {}),
  };
}
