import { at, type Json } from '../json.ts';
import type { Workload } from './objects.ts';

const lists = ['initContainers', 'containers', 'ephemeralContainers'];

/** Images of a workload, each once, as the pod names them. */
export function imagesOf({ spec }: Workload): readonly string[] {
  const containers = lists.flatMap((list) => {
    const found = at(spec, list);
    return Array.isArray(found) ? found : [];
  });
  return [...new Set(containers.map((one: Json) => at(one, 'image')).filter((image) => typeof image === 'string'))];
}

/** `registry:5000/calico/node` of `registry:5000/calico/node:v3@sha256:…`. */
export function repositoryOf(image: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** An image whose content the reference itself fixes. */
export function isPinned(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image);
}
