import Type, { type Static } from 'typebox';

/**
 * Where files of a named set are found. `path`: a host path or a glob of its last step. `setting`: the path that a setting of a
 * running component holds (`kubelet:authentication.x509.clientCAFile`), mapped from its container. `manifest`: the component's
 * manifest. `unit`: the unit file and its drop-ins. `under`: every regular file below a directory, filtered by
 * `match` (regular expression on the file name) and by `content` (class of a PEM file).
 */
export const FileSource = Type.Object(
  {
    path: Type.Optional(Type.String()),
    setting: Type.Optional(Type.String()),
    manifest: Type.Optional(Type.String()),
    unit: Type.Optional(Type.String()),
    under: Type.Optional(Type.String()),
    underSetting: Type.Optional(Type.String()),
    match: Type.Optional(Type.String()),
    except: Type.Optional(Type.String()),
    content: Type.Optional(Type.Union([Type.Literal('certificate'), Type.Literal('private-key'), Type.Literal('any')])),
    directories: Type.Optional(Type.Boolean()),
    /** Used only when the sources before it found nothing. */
    fallback: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type FileSource = Static<typeof FileSource>;

const ComponentPlace = Type.Object(
  {
    /** argv[0] base names. */
    names: Type.Array(Type.String(), { minItems: 1 }),
    /** How root on the node vouches for it. */
    runsAs: Type.Array(Type.Union([Type.Literal('static-pod'), Type.Literal('service'), Type.Literal('pod')]), {
      minItems: 1,
    }),
    /** Units that may run it as a service. */
    units: Type.Optional(Type.Array(Type.String())),
    /** namespace/prefix of the pods that may run it. */
    pods: Type.Optional(Type.Array(Type.String())),
    /** uids it may run as; default only 0 for services, any for pods that the manifest vouches for. */
    uids: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
);

/** Where a distribution keeps its components; no control ever names a path. */
export const Platform = Type.Object(
  {
    platform: Type.String(),
    title: Type.String(),
    /** Any of these host paths marks the distribution; the first platform that matches wins, `order` ascending. */
    order: Type.String(),
    marks: Type.Array(Type.String()),
    staticPods: Type.Array(Type.String()),
    unitDirectories: Type.Array(Type.String()),
    components: Type.Record(Type.String(), ComponentPlace),
    files: Type.Record(Type.String(), Type.Array(FileSource, { minItems: 1 })),
    /** Components that run elsewhere by design: their sections are not-applicable (`managed`). */
    managed: Type.Optional(Type.Array(Type.String())),
    /** Remedy texts that differ here, by control slug. */
    remedies: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);
export type Platform = Static<typeof Platform>;
