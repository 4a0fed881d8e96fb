import Type, { type Static } from 'typebox';
import { fieldEvidence, limited } from '../../evidence.ts';
import { type Binding, type RbacGraph, rbacGraph, rbacResources } from '../../rbac/graph.ts';
import { isLeftOut, type Path, pathsTo } from '../../rbac/path.ts';
import { Right } from '../../rbac/right.ts';
import type { ClusterContext, Judged, Operands, Survey } from '../../survey.ts';
import { isBefore, judgedOf, softened, worthOf } from './verdict.ts';

const Schema = Type.Object(
  {
    rights: Type.Array(Right, { minItems: 1 }),
    /** One finding for each binding that gives a right instead of one for each that has it. */
    perBinding: Type.Optional(Type.Boolean()),
    /** Minor from which a grant fails; before it is a warn. */
    since: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** Who has rights that few should have, through what and where. */
export const grants: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => rbacResources,
  facts: false,
  judge(context, operands) {
    const { rights, perBinding, since } = read(operands);
    const graph = rbacGraph(context);
    const known = rights.filter((right) => !isBefore(right.since, context));
    const paths = pathsTo(context, graph, known);
    const subject = perBinding ? ofBinding : ofGrantee;
    const found = [...Map.groupBy(paths, subject)].flatMap(
      ([key, list]) =>
        judgedOf(
          key,
          list.map((path) => [path, softened(worthOf(path, context), since, context)]),
        ) ?? [],
    );
    const holes = [...unreadable(context, graph), ...(perBinding ? dangling(context, graph) : [])];
    return found.length + holes.length > 0 ? [...found, ...holes] : [nobody];
  },
};

/** The pack has checked operands against the schema. */
function read(operands: Operands): Static<typeof Schema> {
  return operands as unknown as Static<typeof Schema>;
}

const ofBinding = ({ binding }: Path) => binding.key;
const ofGrantee = ({ grantee }: Path) => grantee.key;

const nobody: Judged = {
  subject: 'cluster',
  status: 'pass',
  reason: 'as-expected',
  message: 'No binding gives this to anybody.',
  evidence: [
    fieldEvidence(
      { kind: 'Cluster', namespace: '', name: '', key: 'bindings' },
      'nobody',
      'nobody beyond the defaults',
      true,
    ),
  ],
};

/** Roles and bindings in use of which a part could not be read: more may be granted than is seen. */
function unreadable(context: ClusterContext, graph: RbacGraph): readonly Judged[] {
  const objects = graph.bindings
    .filter(({ object, role }) => object.malformed !== undefined || role?.partly)
    .filter((binding) => counts(context, binding))
    .flatMap(({ object, role }) => [object, ...(role?.partly ? [role.object] : [])])
    .filter(({ malformed }) => malformed !== undefined);
  if (objects.length === 0) return [];
  const evidence = [...new Set(objects)].map(({ kind, namespace, name, malformed = [] }) =>
    fieldEvidence(
      { kind, namespace, name, key: malformed[0] ?? '' },
      malformed.join(', '),
      'fields as the API has them',
      null,
    ),
  );
  const message = `Roles and bindings cannot be read in full (${evidence.length}); they may grant more than is seen.`;
  return [{ subject: 'cluster', status: 'error', reason: 'malformed', message, evidence: limited(evidence) }];
}

/** Bindings to roles that do not exist: nothing is granted until somebody makes the role. */
function dangling(context: ClusterContext, graph: RbacGraph): readonly Judged[] {
  const found = graph.bindings.filter(
    (binding) => binding.role === undefined && binding.grantees.length > 0 && counts(context, binding),
  );
  return found.map(({ key, object: { kind, namespace, name }, roleKey }) => {
    const field = { kind, namespace, name, key: 'roleRef' };
    const evidence = [fieldEvidence(field, `${roleKey} does not exist`, 'nothing is granted', true)];
    const message = `${roleKey} does not exist: nothing is granted until somebody makes it`;
    return { subject: key, status: 'pass', reason: 'grants-nothing', message, evidence };
  });
}

function counts(context: ClusterContext, { namespace, grantees }: Binding): boolean {
  if (namespace !== '' && context.isExcluded(namespace)) return false;
  return grantees.length === 0 || grantees.some((grantee) => !isLeftOut(context, grantee));
}
