import Type from 'typebox';
import type { Json } from '../../../json.ts';
import { admissionResources, coverageOf } from '../../admission/admission.ts';
import { type CheckSet, checkSet, policyMinor } from '../../pod-security/index.ts';
import { subjectOf } from '../../subject.ts';
import type { ClusterContext, Operands, Survey } from '../../survey.ts';
import { type Asked, verdictOn } from './decide.ts';
import { runningIn } from './running.ts';
import { seccompDefault } from './seccomp-default.ts';
import { withoutWindows } from './windows.ts';

const names = Type.Array(Type.String(), { minItems: 1 });

/**
 * `checks`: what pods must not break (names of core/src/cluster/pod-security). `windows`: not applicable where nothing of
 * Windows is. `withSeccompDefault`: asked instead where every kubelet sets the profile of the runtime by itself.
 */
const schema = Type.Object(
  {
    checks: names,
    windows: Type.Optional(Type.Literal(true)),
    withSeccompDefault: Type.Optional(names),
  },
  { additionalProperties: false },
);

/** Both halves of a rule on pods, per namespace: what runs and breaks it, and whether admission would let in what breaks it. */
export const podPolicy: Survey = {
  schema,
  each: 'namespace',
  needs: () => ['namespaces', 'pods', ...admissionResources],
  facts: true,
  judge(context, operands, namespace) {
    const object = context.view.get('namespaces', '', namespace);
    if (!object) return [];
    const asked = askedBy(context, operands);
    const running = runningIn(context.view.workloads(namespace), asked.minor, asked.checks);
    const absent = operands['windows'] === true && withoutWindows(context, namespace);
    const verdict = verdictOn({
      asked,
      running,
      coverage: coverageOf(context, object),
      namespace,
      system: context.isSystem(namespace),
      absent,
    });
    return [{ subject: subjectOf('namespace', '', namespace), ...verdict }];
  },
};

function askedBy(context: ClusterContext, operands: Operands): Asked {
  const minor = policyMinor(context.minor);
  const relaxed = operands['withSeccompDefault'];
  const proof = relaxed === undefined ? undefined : seccompDefault(context);
  return { checks: setOf(proof ? relaxed : operands['checks']), minor, proof: proof ?? [] };
}

const sets = new WeakMap<readonly Json[], CheckSet>();

/** The same list is read once, not for every namespace. */
function setOf(names: Json | undefined): CheckSet {
  if (!Array.isArray(names)) return 0;
  const before = sets.get(names);
  if (before !== undefined) return before;
  const set = checkSet(names.map(String));
  sets.set(names, set);
  return set;
}
