import { type Expr, ExprSchema } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { create } from '@bufbuild/protobuf';
import { chargeDearlyName, chargeName } from './budget.ts';

/** Deepest nesting of an expression, and of loops in it. */
const deepest = 64;
const deepestLoops = 4;

/** An expression is refused; the message says why. */
export class Refused extends Error {}

/** Calls that need no meter: what they cost does not depend on the size of what they are given. */
const cheap: ReadonlySet<string> = new Set([
  '_&&_',
  '_||_',
  '!_',
  '_?_:_',
  '_[_]',
  '-_',
  '_<_',
  '_<=_',
  '_>_',
  '_>=_',
  '@not_strictly_false',
]);

/** Names of types, which stand where a variable could. */
const types: readonly string[] = [
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
];

/**
 * The same expression with a meter in every loop and at every operation whose cost grows with its operands. Throws Refused for one
 * that is nested too deep or uses a name that is no variable.
 */
export function metered(expr: Expr, variables: readonly string[], depth = 0, loops = 0): Expr {
  if (depth > deepest) throw new Refused(`it is nested more than ${deepest} deep`);
  if (loops > deepestLoops) throw new Refused(`it nests more than ${deepestLoops} loops`);
  const within = (one: Expr) => metered(one, variables, depth + 1, loops);
  const maybe = (one: Expr | undefined) => (one === undefined ? {} : { operand: within(one) });
  const { id, exprKind: kind } = expr;
  switch (kind.case) {
    case 'identExpr':
      if (!variables.includes(kind.value.name) && !types.includes(kind.value.name))
        throw new Refused(`it knows ${variables.join(', ')}, not ${kind.value.name}`);
      return expr;
    case 'selectExpr':
      return create(ExprSchema, { id, exprKind: { ...kind, value: { ...kind.value, ...maybe(kind.value.operand) } } });
    case 'listExpr': {
      const elements = kind.value.elements.map((one) => within(one));
      return create(ExprSchema, { id, exprKind: { ...kind, value: { ...kind.value, elements } } });
    }
    case 'structExpr':
      throw new Refused('it makes a map or a message; compare fields one by one');
    case 'callExpr': {
      const measure = meterOf(kind.value.function);
      const args = kind.value.args.map((one) => measure(within(one)));
      const target = kind.value.target === undefined ? {} : { target: measure(within(kind.value.target)) };
      const value = { function: kind.value.function, args, ...target };
      return measure(create(ExprSchema, { id, exprKind: { case: 'callExpr', value } }));
    }
    case 'comprehensionExpr': {
      const { accuInit, iterRange, loopCondition, loopStep, result, ...rest } = kind.value;
      if (!accuInit || !iterRange || !loopCondition || !loopStep || !result) throw new Refused('a loop is not whole');
      const scope = [...variables, rest.iterVar, rest.iterVar2, rest.accuVar];
      const inLoop = (one: Expr) => metered(one, scope, depth + 1, loops + 1);
      const value = {
        ...rest,
        accuInit: inLoop(accuInit),
        iterRange: within(iterRange),
        loopCondition: charged(inLoop(loopCondition)),
        loopStep: inLoop(loopStep),
        result: inLoop(result),
      };
      return create(ExprSchema, { id, exprKind: { case: 'comprehensionExpr', value } });
    }
    default:
      return expr;
  }
}

function meterOf(name: string): (expr: Expr) => Expr {
  if (cheap.has(name)) return (expr) => expr;
  return name === 'matches' ? (expr) => charged(expr, chargeDearlyName) : charged;
}

function charged(expr: Expr, name = chargeName): Expr {
  const value = { function: name, args: [expr] };
  return create(ExprSchema, { id: expr.id, exprKind: { case: 'callExpr', value } });
}
