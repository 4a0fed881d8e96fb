import { at, isJsonObject, type Json, type JsonObject, type Platform } from '@plumbline/core';
import { baseName, type Host, type Missing, parseDocument, type Reading, tidy } from '../host/index.ts';
import { redactArgv } from '../redact/command-line.ts';
import { recordDocument } from '../redact/document.ts';
import { selectEnvironment } from '../redact/environment.ts';
import { redactText } from '../redact/text.ts';

/** One container of a static pod. `environment` is undefined when it comes from somewhere else than the manifest. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory: string | undefined;
  readonly mounts: readonly { readonly mountPath: string; readonly hostPath: string; readonly readOnly: boolean }[];
}

/** A file of a static pod directory that the kubelet reads; `pod` is why it is none, or what it says. */
export interface ManifestFile {
  readonly path: string;
  readonly pod: StaticPod | Missing;
}

/** What a static pod manifest says, without secrets. */
export interface StaticPod {
  readonly name: string;
  readonly namespace: string;
  /** Given in the manifest; else the kubelet makes a hash. */
  readonly uid: string | undefined;
  readonly containers: readonly Container[];
}

/** Manifests of the directories, and the directories that could not be read. */
export interface Manifests {
  readonly files: readonly ManifestFile[];
  readonly blind: readonly Missing[];
}

/** Reads static pod directories as the kubelet does: every regular file whose name does not begin with a dot, none below. */
export async function readManifests(host: Host, directories: readonly string[]): Promise<Manifests> {
  const files: ManifestFile[] = [];
  const blind: Missing[] = [];
  for (const directory of new Set(directories.map((one) => tidy(one)))) {
    const listing = await host.list(directory, 1000);
    if (listing.state !== 'observed') {
      if (listing.state !== 'absent') blind.push(listing);
      continue;
    }
    const names = listing.value.entries.filter((entry) => entry.type !== 'directory' && !entry.name.startsWith('.'));
    for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = tidy(directory, name);
      files.push({ path, pod: await readManifest(host, path) });
    }
  }
  return { files, blind };
}

async function readManifest(host: Host, path: string): Promise<StaticPod | Missing> {
  const taken = await host.take(path, manifest);
  if (taken.state !== 'observed') return taken;
  return typeof taken.value === 'string' ? { state: 'malformed', detail: `${path}: ${taken.value}` } : taken.value;
}

/** What a manifest says, or a sentence on why it says nothing. */
const manifest: Reading<StaticPod | string> = {
  recordAs: recordDocument(projectManifest),
  make: (content) => {
    const parsed = parseDocument(content);
    if (!parsed.ok) return parsed.detail;
    const { document } = parsed;
    if (document['kind'] !== 'Pod') return 'no pod';
    return {
      name: text(at(document, 'metadata.name')),
      namespace: text(at(document, 'metadata.namespace')) || 'default',
      uid: text(at(document, 'metadata.uid')) || undefined,
      containers: list(at(document, 'spec.containers')).map((one) =>
        containerOf(one, list(at(document, 'spec.volumes'))),
      ),
    };
  },
};

function containerOf(container: Json, volumes: readonly Json[]): Container {
  const words = [...list(at(container, 'command')), ...list(at(container, 'args'))].map(text);
  const mounts = list(at(container, 'volumeMounts')).flatMap((mount) => {
    const volume = volumes.find((one) => at(one, 'name') === at(mount, 'name'));
    const hostPath = text(at(volume, 'hostPath.path'));
    if (hostPath === '') return [];
    const sub = text(at(mount, 'subPath'));
    return [
      {
        mountPath: text(at(mount, 'mountPath')),
        hostPath: tidy(hostPath, sub),
        readOnly: at(mount, 'readOnly') === true,
      },
    ];
  });
  return {
    name: text(at(container, 'name')),
    image: text(at(container, 'image')),
    argv: redactArgv(words),
    environment: environmentOf(container),
    workingDirectory: text(at(container, 'workingDir')) || undefined,
    mounts,
  };
}

function environmentOf(container: Json): Readonly<Record<string, string>> | undefined {
  if (list(at(container, 'envFrom')).length > 0) return undefined;
  const entries = list(at(container, 'env'));
  const elsewhere = entries.some(
    (one) =>
      /^ETCD_/.test(text(at(one, 'name'))) &&
      isJsonObject(at(one, 'valueFrom') ?? null) &&
      !at(one, 'valueFrom.fieldRef'),
  );
  if (elsewhere) return undefined;
  return selectEnvironment(entries.map((one) => [text(at(one, 'name')), text(at(one, 'value'))] as const));
}

/** The parts of a manifest that are read, for a recording. */
function projectManifest(document: JsonObject): JsonObject {
  const volumes = list(at(document, 'spec.volumes'));
  return {
    kind: document['kind'] ?? null,
    metadata: pick(at(document, 'metadata'), ['name', 'namespace', 'uid']),
    spec: {
      containers: list(at(document, 'spec.containers')).map((one) => {
        const words = redactArgv([...list(at(one, 'command')), ...list(at(one, 'args'))].map(text));
        const env = Object.entries(environmentOf(one) ?? {}).map(([name, value]) => ({ name, value }));
        const unread = environmentOf(one) === undefined ? { envFrom: [{}] } : {};
        return { ...pick(one, ['name', 'image', 'volumeMounts', 'workingDir']), command: words, env, ...unread };
      }),
      volumes: volumes.map((one) => pick(one, ['name', 'hostPath'])),
    },
  };
}

function pick(value: Json | undefined, keys: readonly string[]): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(value, key) ? [[key, value[key] ?? null]] : [])));
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? redactText(String(value)) : '';
}

/** The container of a component inside a pod: by its program, else by its name. */
export function containerFor(pod: StaticPod, names: readonly string[]): Container | undefined {
  return (
    pod.containers.find((one) => names.includes(baseName(one.argv[0] ?? ''))) ??
    pod.containers.find((one) => names.includes(one.name))
  );
}

/** Manifests of a component. A file that cannot be read counts by its name, so that nothing is taken for absent. */
export function manifestsOf(manifests: Manifests, platform: Platform, component: string): readonly ManifestFile[] {
  const names = platform.components[component]?.names ?? [];
  return manifests.files.filter(({ path, pod }) =>
    'state' in pod
      ? names.includes(baseName(path).replace(/\.(ya?ml|json)$/, ''))
      : containerFor(pod, names) !== undefined,
  );
}
