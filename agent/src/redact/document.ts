import { at, isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import { type Parsed, parseDocument, type Reading } from '../host/index.ts';
import { isSecret, redacted, redactText } from './text.ts';

/** Makes of a configuration what may leave the node. */
export type Projection = (document: JsonObject) => JsonObject;

/** Every field stays; values of fields named after a secret, key material and passwords in URLs do not. */
export function redactDocument(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [redactText(key), redactField(key, value)]));
}

function redactField(name: string, value: Json): Json {
  if (typeof value === 'string') return isSecret(name, value) ? redacted : redactText(value);
  if (typeof value === 'number') return /passw|secret|^token$|api-?key/i.test(name) ? redacted : value;
  if (Array.isArray(value)) return value.map((item) => redactField(name, item));
  if (!isJsonObject(value)) return value;
  // Free headers (staticPodURLHeader) carry credentials under any name.
  if (/header$/i.test(name)) return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
  return redactDocument(value);
}

function pick(value: Json | undefined, keys: readonly string[]): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(value, key) ? [[key, value[key] ?? null]] : [])));
}

function items(document: JsonObject, key: string): readonly Json[] {
  const list = at(document, key);
  return Array.isArray(list) ? list : [];
}

/** EncryptionConfiguration: resources and kinds of providers, of KMS its API version and name; never a key. */
export function projectEncryption(document: JsonObject): JsonObject {
  return {
    ...pick(document, ['apiVersion', 'kind']),
    resources: items(document, 'resources').map((entry) => ({
      ...pick(entry, ['resources']),
      providers: (isJsonObject(entry) ? items(entry, 'providers') : []).map((provider) =>
        isJsonObject(provider)
          ? Object.fromEntries(
              Object.entries(provider).map(([kind, body]) => [
                kind,
                kind === 'kms' ? pick(body, ['apiVersion', 'name']) : {},
              ]),
            )
          : {},
      ),
    })),
  };
}

const pluginFields: Readonly<Record<string, readonly string[]>> = {
  EventRateLimit: ['apiVersion', 'kind', 'limits'],
  ImagePolicyWebhook: ['imagePolicy'],
  PodSecurity: ['apiVersion', 'kind', 'defaults', 'exemptions'],
};

/** Configuration of one admission plugin: the fields that controls read. */
function projectPlugin(name: string, configuration: JsonObject): JsonObject {
  return redactDocument(pick(configuration, pluginFields[name] ?? ['apiVersion', 'kind']));
}

const pluginProjections = new Map(
  Object.keys(pluginFields).map((name) => [name, (document: JsonObject) => projectPlugin(name, document)] as const),
);

/** The projection of a configuration file of its own that a plugin names; one constant per plugin. */
export function pluginProjection(name: string): Projection {
  return pluginProjections.get(name) ?? projectOtherPlugin;
}

function projectOtherPlugin(document: JsonObject): JsonObject {
  return projectPlugin('', document);
}

/** AdmissionConfiguration: names, paths and projected configurations of plugins. */
export function projectAdmission(document: JsonObject): JsonObject {
  return {
    ...pick(document, ['apiVersion', 'kind']),
    plugins: items(document, 'plugins').map((plugin) => {
      const configuration = at(plugin, 'configuration');
      const name = String(at(plugin, 'name') ?? '');
      const inline = isJsonObject(configuration) ? { configuration: projectPlugin(name, configuration) } : {};
      return { ...pick(plugin, ['name', 'path']), ...inline };
    }),
  };
}

const readings = new WeakMap<Projection, Reading<Parsed>>();

/** Reads a document and keeps nothing but its projection; one constant per projection. */
export function documentReading(project: Projection): Reading<Parsed> {
  const known = readings.get(project);
  if (known) return known;
  const make = (content: Buffer): Parsed => {
    const parsed = parseDocument(content);
    return parsed.ok ? { ok: true, document: project(parsed.document) } : parsed;
  };
  const reading = { recordAs: recordDocument(project), make };
  readings.set(project, reading);
  return reading;
}

/** A configuration file in a recording: what its projection leaves, as JSON; of a broken one nothing but that it is broken. */
export function recordDocument(project: Projection): (content: Buffer) => string {
  return (content) => {
    const parsed = parseDocument(content);
    return parsed.ok ? `${JSON.stringify(project(parsed.document), null, 2)}\n` : 'not recorded: [\n';
  };
}
