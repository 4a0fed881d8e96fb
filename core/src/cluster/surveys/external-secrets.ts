import Type, { type Static } from 'typebox';
import { providerForSecrets } from '../../check/rules/encryption-providers.ts';
import type { Evidence } from '../../check/truth.ts';
import type { ConfigValue } from '../../facts.ts';
import { at, type Json } from '../../json.ts';
import { observedValue } from '../../node-view.ts';
import { counted } from '../../words.ts';
import { apiServersOf } from '../control-plane.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import type { ClusterObject, Workload } from '../objects.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';

const Schema = Type.Object(
  {
    /** Driver of volumes that come from a store. */
    driver: Type.String(),
    /** Annotation, with its value, of pods into which an agent of a store was put. */
    injected: Type.Object({ annotation: Type.String(), value: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
type With = Static<typeof Schema>;

const synced = ['external-secrets.io/externalsecrets', 'external-secrets.io/clusterexternalsecrets'];
const classes = 'secrets-store.csi.x-k8s.io/secretproviderclasses';
const sealed = 'bitnami.com/sealedsecrets';
const expected = 'secrets of workloads come from a store outside';

/**
 * Do workloads get their secrets from a store outside of the cluster? That one was considered, and rejected for good reasons, no machine can see:
 * what is found passes, what is not found is for a person to say.
 */
export const externalSecrets: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => ['namespaces', 'pods', ...synced, classes, sealed],
  facts: true,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const used = usedStores(context, operands as unknown as With);
    const keys = encryption(context);
    const weak = inCounted(context, [classes, sealed]).map((one) =>
      objectLine(
        one,
        one.kind === 'SealedSecret' ? 'encrypted outside, a plain Secret inside' : 'no workload uses it',
        null,
      ),
    );
    const make = (status: Judged['status'], reason: string, message: string, lines: readonly Evidence[]): Judged => ({
      ...{ subject: 'cluster', status, reason, message },
      evidence: limited(lines),
    });
    if (used.length > 0) {
      const message = `Secrets come from a store outside of the cluster (${counted(used.length, 'user')} of it, ${used[0]?.subject} among them).`;
      return [make('pass', 'as-expected', message, [...used, ...keys])];
    }
    if (weak.length > 0) {
      const message =
        'A store or a sealing tool is installed, but no workload is seen to get secrets from a store; confirm what was decided.';
      return [make('warn', 'store-unused', message, [...weak, ...keys])];
    }
    const field = { kind: 'Cluster', namespace: '', name: '', key: 'external secret stores' };
    const message =
      'No store outside of the cluster is known to be used; confirm that one was considered, and record why it is not needed.';
    return [make('warn', 'no-store', message, [fieldEvidence(field, 'none that is known', expected, null), ...keys])];
  },
};

function usedStores(context: ClusterContext, { driver, injected }: With): readonly Evidence[] {
  const objects = inCounted(context, synced).map((one) => objectLine(one, 'makes Secrets from a store', true));
  const namespaces = context.view.all('namespaces').filter(({ name }) => !context.isExcluded(name));
  const workloads = namespaces.flatMap(({ name }) => context.view.workloads(name));
  return [
    ...objects,
    ...workloads.flatMap((workload) => {
      const mounted = volumesOf(workload, driver);
      if (mounted !== undefined) return [workloadLine(workload, 'spec.volumes[].csi', mounted)];
      const value = workload.annotations[injected.annotation];
      return value === injected.value
        ? [workloadLine(workload, `metadata.annotations[${injected.annotation}]`, value)]
        : [];
    }),
  ];
}

/** Objects of these resources that lie in no excluded namespace. */
function inCounted({ view, isExcluded }: ClusterContext, names: readonly string[]): readonly ClusterObject[] {
  return names.flatMap((name) => view.all(name)).filter(({ namespace }) => namespace === '' || !isExcluded(namespace));
}

/** The class of the first volume by this driver. */
function volumesOf({ spec }: Workload, driver: string): string | undefined {
  const volumes = at(spec, 'volumes');
  const found = (Array.isArray(volumes) ? volumes : []).find((one: Json) => at(one, 'csi.driver') === driver);
  if (found === undefined) return undefined;
  const name = at(found, 'csi.volumeAttributes.secretProviderClass');
  return typeof name === 'string' ? `class ${name}` : `volume by ${driver}`;
}

function objectLine(object: ClusterObject, actual: string, holds: boolean | null): Evidence {
  return fieldEvidence({ ...object, key: 'spec' }, actual, expected, holds);
}

function workloadLine({ owner, namespace }: Workload, key: string, actual: string): Evidence {
  return fieldEvidence({ kind: owner.kind, namespace, name: owner.name, key }, actual, expected, true);
}

/** Who writes Secrets to etcd: a provider kms keeps the key outside, which is a part of what a store does. */
function encryption(context: ClusterContext): readonly Evidence[] {
  return apiServersOf(context).servers.map(({ view, instance, name }): Evidence => {
    const fact = 'kube-apiserver.encryption-config';
    const value = observedValue<ConfigValue>(view.get(fact, instance));
    const provider = value ? providerForSecrets(value.document) : undefined;
    return {
      fact,
      subject: name,
      actual: provider ?? 'no encryption of Secrets is seen',
      expected: 'a key that is kept outside of the cluster',
      origin: value
        ? { kind: 'file', path: value.path, key: 'resources[].providers[0]' }
        : { kind: 'derived', key: fact },
      holds: provider?.startsWith('kms') === true ? true : null,
    };
  });
}
