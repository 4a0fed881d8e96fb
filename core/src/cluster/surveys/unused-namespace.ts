import Type from 'typebox';
import { counted } from '../../words.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import { subjectOf } from '../subject.ts';
import type { Survey } from '../survey.ts';

/** Objects that belong with workloads; each namespace has the service account `default` from the start. */
const others = ['serviceaccounts', 'roles', 'rolebindings'] as const;

/** Does nothing run in this namespace, and was nothing prepared in it? `namespace`: its name. */
export const unusedNamespace: Survey = {
  schema: Type.Object({ namespace: Type.String() }, { additionalProperties: false }),
  each: 'cluster',
  needs: () => ['namespaces', 'pods', ...others],
  facts: false,
  judge({ view, isExcluded }, operands) {
    const namespace = String(operands['namespace']);
    const subject = subjectOf('namespace', '', namespace);
    const field = { kind: 'Namespace', namespace: '', name: namespace, key: 'pods' };
    if (isExcluded(namespace)) return [];
    const workloads = view.workloads(namespace);
    const prepared = others.flatMap((resource) =>
      view.within(resource, namespace).filter(({ kind, name }) => kind !== 'ServiceAccount' || name !== 'default'),
    );
    const left = prepared.map((one) =>
      fieldEvidence({ ...one, key: 'metadata.namespace' }, namespace, 'no object', null),
    );
    if (workloads.length === 0 && prepared.length > 0) {
      const names = left.slice(0, 3).map((line) => line.subject);
      const message = `Nothing runs in ${namespace}, but accounts, roles or bindings are there (${prepared.length}): ${names.join(', ')}.`;
      return [{ subject, status: 'warn', reason: 'other-objects', message, evidence: limited(left) }];
    }
    if (workloads.length === 0) {
      const evidence = [fieldEvidence(field, 'no workload', 'no workload', true)];
      return [{ subject, status: 'pass', reason: 'as-expected', message: `Nothing runs in ${namespace}.`, evidence }];
    }
    const lines = workloads.map(({ owner }) =>
      fieldEvidence({ ...field, kind: owner.kind, namespace, name: owner.name }, 'it runs', 'no workload', false),
    );
    const names = workloads.slice(0, 3).map(({ owner }) => `${owner.kind} ${owner.name}`);
    const message = `In ${namespace} ${workloads.length === 1 ? 'runs' : 'run'} ${counted(workloads.length, 'workload')}: ${names.join(', ')}`;
    return [{ subject, status: 'fail', reason: 'not-as-expected', message, evidence: limited([...lines, ...left]) }];
  },
};
