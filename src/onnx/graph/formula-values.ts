import type { Formula } from '../../formula/formula.js';
import type { FormulaNode } from '../../formula/nodes.js';
import type { GraphBuilder } from './graph-builder.js';
import { scalarOf, type Value } from './value.js';

/** The operators of nodes that have one of the same meaning. */
const operators: Readonly<Partial<Record<FormulaNode['op'], string>>> = {
  ...{ neg: 'Neg', abs: 'Abs', sqrt: 'Sqrt', exp: 'Exp', log: 'Log', sin: 'Sin', cos: 'Cos' },
  ...{ tanh: 'Tanh', sigmoid: 'Sigmoid', erf: 'Erf', floor: 'Floor', ceil: 'Ceil', round: 'Round' },
  ...{ add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div', pow: 'Pow', min: 'Min', max: 'Max' },
  ...{ eq: 'Equal', lt: 'Less', le: 'LessOrEqual', gt: 'Greater', ge: 'GreaterOrEqual' },
  ...{ and: 'And', or: 'Or', not: 'Not' },
};

/** What the leaves of a formula are in a graph. */
export interface FormulaLeaves {
  /** The type in which it computes. */
  readonly type: 'float32' | 'int32';
  load(name: string): Value;
  /** The value of a uniform node. */
  uniform(node: number): Value;
}

/** Returns the value of each result of a formula, before it is stored or reduced. */
export function formulaValues(b: GraphBuilder, f: Formula, leaves: FormulaLeaves): Value[] {
  const { type } = leaves;
  const values: Value[] = [];
  const asNumber = (x: Value) => b.converted(x, type);
  const applied = ({ op, args }: FormulaNode): Value => {
    const given = args.map((arg) => values[arg]);
    const [x] = given;
    const one = () => b.scalar(1, type);
    if (op === 'number') return b.converted(x, type);
    if (op === 'select') return b.elementwise('Where', x, asNumber(given[1]), asNumber(given[2]));
    // the test of a tensor of truth values
    if (op === 'ne' && x.type === 'bool' && scalarOf(given[1]) === 0) return x;
    if (op === 'ne') return b.elementwise('Not', b.elementwise('Equal', ...given.map(asNumber)));
    if (op === 'expm1') return b.elementwise('Sub', b.elementwise('Exp', asNumber(x)), one());
    if (op === 'log1p') return b.elementwise('Log', b.elementwise('Add', asNumber(x), one()));
    const isLogical = op === 'and' || op === 'or' || op === 'not';
    return b.elementwise(operators[op] as string, ...(isLogical ? given : given.map(asNumber)));
  };
  f.nodes.forEach((node, i) => {
    if (node.uniform) values.push(leaves.uniform(i));
    else values.push(node.op === 'load' ? leaves.load(node.name) : applied(node));
  });
  return f.results.map((result) => values[result.node]);
}
