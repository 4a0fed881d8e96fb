import Type, { type Static } from 'typebox';
import type { Evidence } from '../../check/truth.ts';
import { counted } from '../../words.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import type { Workload } from '../objects.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';

const Schema = Type.Object(
  {
    /** Namespaces that were made for no application. */
    shared: Type.Array(Type.String(), { minItems: 1 }),
    /** Labels whose values tell applications, teams or environments apart. */
    labels: Type.Array(Type.String(), { minItems: 1 }),
  },
  { additionalProperties: false },
);
type With = Static<typeof Schema>;

/**
 * Do namespaces separate what runs? Where teams and applications end only people know; that something runs where nothing should, that labels of
 * several share a namespace, and that nothing of its own guards one, can be seen.
 */
export const namespaceBoundaries: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => ['namespaces', 'pods', 'rolebindings', 'networkpolicies'],
  facts: false,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const { shared, labels } = operands as unknown as With;
    const spaces = context.view
      .all('namespaces')
      .map(({ name }) => ({ name, workloads: context.view.workloads(name) }))
      .filter(({ name, workloads }) => workloads.length > 0 && !context.isExcluded(name));
    const misplaced = spaces.filter(({ name }) => shared.includes(name));
    const own = spaces.filter(({ name }) => !shared.includes(name) && !context.isSystem(name));
    return [{ subject: 'cluster', ...verdict(context, misplaced, own, labels) }];
  },
};

interface Space {
  readonly name: string;
  readonly workloads: readonly Workload[];
}

function verdict(
  context: ClusterContext,
  misplaced: readonly Space[],
  own: readonly Space[],
  labels: readonly string[],
): Omit<Judged, 'subject'> {
  const mixed = own.flatMap((space) => mixedBy(space, labels));
  const bare = own
    .filter(({ name }) => !isGuarded(context, name))
    .map(({ name }) => spaceLine(name, 'role bindings, policies', 'none of its own', null));
  const make = (status: Judged['status'], reason: string, message: string, lines: readonly Evidence[]) => ({
    ...{ status, reason, message },
    evidence: limited(lines),
  });
  if (misplaced.length > 0) {
    const lines = misplaced.map(({ name, workloads }) =>
      spaceLine(name, 'pods', counted(workloads.length, 'workload'), false),
    );
    const message = `Workloads run in namespaces that were made for none: ${named(misplaced.map(({ name }) => name))}.`;
    return make('fail', 'shared-namespace', message, [...lines, ...mixed, ...bare]);
  }
  if (own.length === 0) {
    const message = 'Nothing runs but the system, so that there is nothing to separate.';
    return make('not-applicable', 'nothing-runs', message, []);
  }
  if (own.length === 1 && mixed.length > 0) {
    const message = `Everything runs in ${own[0]?.name}, although labels tell several apart.`;
    return make(
      'fail',
      'one-namespace',
      message,
      mixed.map((line) => ({ ...line, holds: false })),
    );
  }
  if (mixed.length > 0) {
    const message = `Workloads of several share a namespace by their labels: ${named(mixed.map(({ subject }) => subject))}; confirm that they belong together.`;
    return make('warn', 'mixed-namespace', message, [...mixed, ...bare]);
  }
  if (bare.length > 0) {
    const message = `Without role bindings and network policies of their own: ${bare.length} of ${counted(own.length, 'namespace')} in use; confirm that they are boundaries.`;
    return make('warn', 'unguarded-namespace', message, bare);
  }
  const lines = own.map(({ name, workloads }) =>
    spaceLine(name, 'pods', `${counted(workloads.length, 'workload')}, guarded by objects of its own`, true),
  );
  return make(
    'pass',
    'as-expected',
    `What runs is spread over ${counted(own.length, 'namespace')}, each with role bindings or network policies of its own.`,
    lines,
  );
}

/** One line for each label that has several values in a namespace. */
function mixedBy({ name, workloads }: Space, labels: readonly string[]): readonly Evidence[] {
  return labels.flatMap((label) => {
    const values = [...new Set(workloads.flatMap((one) => one.labels[label] ?? []))];
    return values.length > 1 ? [spaceLine(name, `pods[].labels[${label}]`, values.slice(0, 10), null)] : [];
  });
}

function isGuarded({ view }: ClusterContext, name: string): boolean {
  return view.within('rolebindings', name).length + view.within('networkpolicies', name).length > 0;
}

function spaceLine(name: string, key: string, actual: Evidence['actual'], holds: boolean | null): Evidence {
  return fieldEvidence(
    { kind: 'Namespace', namespace: '', name, key },
    actual,
    'a namespace for one application',
    holds,
  );
}

function named(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  return `${distinct.slice(0, 3).join(', ')}${distinct.length > 3 ? ` and ${distinct.length - 3} more` : ''}`;
}
