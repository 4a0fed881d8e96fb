import Type from 'typebox';
import { admissionResources, coverageOf } from '../../admission/admission.ts';
import { type Coverage, doubtOver } from '../../admission/coverage.ts';
import { fieldEvidence, limited } from '../../evidence.ts';
import { type CheckSet, checksOf, deedsOf, namesIn, policyMinor } from '../../pod-security/index.ts';
import { subjectOf } from '../../subject.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';

/** `level`: the level of the Pod Security Standards that admission has to hold pods to, by whatever means. */
const schema = Type.Object({ level: Type.String() }, { additionalProperties: false });

/** Does something hold the pods of each namespace to a level? What runs is the business of other controls. */
export const policyMechanism: Survey = {
  schema,
  each: 'namespace',
  needs: () => ['namespaces', ...admissionResources],
  facts: true,
  judge(context, { level }, namespace) {
    const object = context.view.get('namespaces', '', namespace);
    if (!object) return [];
    const wanted = checksOf(String(level), policyMinor(context.minor));
    const coverage = coverageOf(context, object);
    return [
      {
        subject: subjectOf('namespace', '', namespace),
        ...verdictOn(context, coverage, wanted, namespace, String(level)),
      },
    ];
  },
};

function verdictOn(
  context: ClusterContext,
  coverage: Coverage,
  wanted: CheckSet,
  namespace: string,
  level: string,
): Omit<Judged, 'subject'> {
  const missing = wanted & ~coverage.refused;
  const field = { kind: 'Namespace', namespace: '', name: namespace, key: 'admission' };
  const actual = wanted === missing ? 'nothing is refused' : `refused: ${namesIn(wanted & ~missing).join(', ')}`;
  const refusals = coverage.refusals.map(({ evidence }) => evidence);
  const whole = fieldEvidence(field, actual, `refused: ${namesIn(wanted).join(', ')}`, wanted !== 0 && missing === 0);
  const evidence = limited([whole, ...refusals, ...coverage.notes]);
  const make = (status: Judged['status'], reason: string, message: string) => ({ status, reason, message, evidence });
  if (wanted !== 0 && missing === 0)
    return make('pass', 'as-expected', `Admission holds the pods of ${namespace} to the level ${level}.`);
  const doubt = doubtOver(coverage, missing);
  if (context.isSystem(namespace)) {
    return make('pass', 'system-namespace', `${namespace} is a namespace of the system; ${doubt?.message ?? actual}.`);
  }
  if (doubt) return make(doubt.status, doubt.reason, doubt.message);
  if (missing !== wanted) {
    const open = `Something restricts the pods of ${namespace}, but not those that ${deedsOf(missing)}.`;
    return make('warn', 'partly-restricted', open);
  }
  return make('fail', 'admission-open', `Nothing restricts the pods of ${namespace}.`);
}
