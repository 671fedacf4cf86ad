import type { Dtype } from '../../../dtype.js';
import { type Formula, neededFor } from '../../../formula/formula.js';
import type { FormulaNode } from '../../../formula/nodes.js';
import { integerRange } from '../../../formula/semantics.js';
import { isNumber, printFunction } from './functions.js';
import type { KernelSource } from './source.js';

type Print = (...args: string[]) => string;

/** Operations as expressions of GPU.js; functions.ts has the others. */
const expressions: Partial<Record<FormulaNode['op'], Print>> = {
  neg: (a) => `-(${a})`,
  abs: (a) => `Math.abs(${a})`,
  sqrt: (a) => `Math.sqrt(${a})`,
  floor: (a) => `Math.floor(${a})`,
  ceil: (a) => `Math.ceil(${a})`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  eq: (a, b) => `(${a} === ${b}) ? 1 : 0`,
  // on a device a comparison with NaN may be false even if it asks for a difference
  ne: (a, b) => `(${a} === ${b}) ? 0 : 1`,
  lt: (a, b) => `(${a} < ${b}) ? 1 : 0`,
  le: (a, b) => `(${a} <= ${b}) ? 1 : 0`,
  gt: (a, b) => `(${a} > ${b}) ? 1 : 0`,
  ge: (a, b) => `(${a} >= ${b}) ? 1 : 0`,
  and: (a, b) => `${a} * ${b}`,
  or: (a, b) => `Math.max(${a}, ${b})`,
  not: (a) => `1 - ${a}`,
  number: (a) => a,
  select: (t, a, b) => `(${t} > 0.5) ? ${a} : ${b}`,
  min: (a, b) => smaller(a, b),
  max: (a, b) => larger(a, b),
};

/** The smaller of two; their sum, which is NaN, where they cannot be compared. */
export function smaller(a: string, b: string): string {
  return `(${a} < ${b}) ? ${a} : ((${a} >= ${b}) ? ${b} : ${a} + ${b})`;
}

/** The larger of two; their sum, which is NaN, where they cannot be compared. */
export function larger(a: string, b: string): string {
  return `(${a} > ${b}) ? ${a} : ((${a} <= ${b}) ? ${b} : ${a} + ${b})`;
}

/**
 * Prints what a result of a formula depends on, as lines, for `count` elements; `load` gives the expressions of an input,
 * one for each element. Gives the names of the values of the node `result`. Truth values are 0 and 1.
 */
export function printResult(
  k: KernelSource,
  f: Formula,
  result: number,
  uniform: Float64Array,
  load: (name: string) => readonly string[],
  count: number,
): string[] {
  const needed = neededFor(f.nodes, [result]);
  const names: string[][] = [];
  const namesOf = (at: number) => {
    const node = f.nodes[at];
    if (node.uniform) names[at] ??= Array(count).fill(uniformName(k, node, uniform[at]));
    return names[at];
  };
  f.nodes.forEach((node, at) => {
    if (node.uniform || !needed.has(at)) return;
    const args = node.args.map(namesOf);
    const loads = node.op === 'load' ? load(node.name) : [];
    names[at] = Array.from({ length: count }, (_, i) => {
      const name = k.name('v');
      const own = args.map((lanes) => lanes[i]);
      if (node.op === 'load') k.line(`const ${name} = ${loads[i]};`);
      else if (node.op in expressions) k.line(`const ${name} = ${(expressions[node.op] as Print)(...own)};`);
      else printFunction(k, node.op, name, own);
      return name;
    });
  });
  return namesOf(result);
}

function uniformName(k: KernelSource, node: FormulaNode, value: number): string {
  // small whole constants read well in the source and need no argument
  if (node.op === 'constant' && Number.isInteger(value) && Math.abs(value) < 1000)
    return value < 0 ? `(${value})` : `${value}`;
  return k.number(value);
}

/** The expression of `value` as stored in a tensor of this dtype; `storedIn` is the rule. */
export function stored(k: KernelSource, dtype: Dtype, value: string): string {
  if (dtype === 'float32') return value;
  const name = k.name('s');
  if (dtype === 'bool') {
    k.line(`const ${name} = (${value} === 0) ? 0 : 1;`);
    return name;
  }
  const [low, high] = integerRange[dtype];
  const whole = k.name('w');
  k.line(`const ${whole} = ${value} < 0 ? Math.ceil(${value}) : Math.floor(${value});`);
  k.line(
    `const ${name} = ${isNumber(value)} ? (${whole} < ${low} ? ${low} : (${whole} > ${high} ? ${high} : ${whole})) : 0;`,
  );
  return name;
}
