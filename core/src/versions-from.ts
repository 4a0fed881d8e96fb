import type { Versions } from './check/context.ts';
import type { ManifestValue } from './facts.ts';
import { type NodeView, observedValue } from './node-view.ts';
import { minorText, parseMinor } from './version.ts';

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/**
 * The versions that are given, completed by what the node says: where nobody gave the control plane's, what this node's manifests say;
 * they are heard before those of other nodes, too. The kubelet has no such source.
 */
export function versionsFrom(view: NodeView, versions: Versions): Versions {
  if (versions.controlPlane !== undefined && versions.source !== 'manifest') return versions;
  const tag = manifestVersion(view);
  return tag === undefined ? versions : { ...versions, controlPlane: tag, source: 'manifest' };
}

/**
 * The image tag in this node's manifests of kube-apiserver, else kube-controller-manager, else kube-scheduler; undefined where there is
 * none or two of one component differ.
 */
export function manifestVersion(view: NodeView): string | undefined {
  for (const component of controlPlane) {
    const tags = view
      .all('manifest')
      .filter((one) => one.subject.startsWith(`${component}@`))
      .map((one) => tagOf(observedValue<ManifestValue>(one)?.image ?? ''));
    const minors = new Set(tags.map((tag) => (tag === undefined ? undefined : textOf(tag))));
    const [tag] = tags;
    if (tag !== undefined && minors.size === 1) return tag;
  }
  return undefined;
}

/** `registry:5000/kube-apiserver:v1.34.4@sha256:…` → `1.34.4`; undefined for a tag that is no Kubernetes version. */
function tagOf(image: string): string | undefined {
  const [name = ''] = image.split('@');
  const last = name.slice(name.lastIndexOf('/') + 1);
  const found = /:v?(1\.\d[^:]*)$/.exec(last)?.[1];
  return found !== undefined && parseMinor(found) ? found : undefined;
}

function textOf(tag: string): string | undefined {
  const minor = parseMinor(tag);
  return minor && minorText(minor);
}
