import type { Dtype } from '../../../dtype.js';
import { type Formula, neededFor } from '../../../formula/formula.js';
import type { FormulaNode } from '../../../formula/nodes.js';
import { integerRange } from '../../../formula/semantics.js';
import { isNumber, printFunction } from './functions.js';
import type { KernelSource } from './kernel-source.js';

type Print = (...args: string[]) => string;

/** Operations that are a single expression of GPU.js; functions.ts has the others. Truth values are 0 and 1. */
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
  // not `!==`: on some devices every comparison with NaN is false
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

/** An expression of the smaller of two numbers; NaN if one of them is NaN. */
export function smaller(a: string, b: string): string {
  return `(${a} < ${b}) ? ${a} : ((${a} >= ${b}) ? ${b} : ${a} + ${b})`;
}

/** An expression of the larger of two numbers; NaN if one of them is NaN. */
export function larger(a: string, b: string): string {
  return `(${a} > ${b}) ? ${a} : ((${a} <= ${b}) ? ${b} : ${a} + ${b})`;
}

/** The part of a formula to compute, and for which elements. */
export interface Evaluation {
  /** The node whose values to compute. */
  readonly result: number;
  /** The values of uniform nodes, by their index. */
  readonly uniform: readonly number[];
  /** How many elements the thread computes. */
  readonly count: number;
  /** Expressions that load an input, one for each element. */
  readonly load: (input: string) => readonly string[];
}

/** Computes the nodes that a result of a formula depends on; returns the names of the values of the result. */
export function printResult(k: KernelSource, f: Formula, { result, uniform, count, load }: Evaluation): string[] {
  const needed = neededFor(f.nodes, [result]);
  const names: string[][] = [];
  const namesOf = (at: number) => {
    const node = f.nodes[at];
    if (node.uniform) names[at] ??= Array(count).fill(uniformValue(k, node, uniform[at]));
    return names[at];
  };
  f.nodes.forEach((node, at) => {
    if (node.uniform || !needed.has(at)) return;
    const args = node.args.map(namesOf);
    const loads = node.op === 'load' ? load(node.name) : [];
    names[at] = Array.from({ length: count }, (_, i) => {
      const name = k.name('v');
      const own = args.map((elements) => elements[i]);
      if (node.op === 'load') k.const(name, loads[i]);
      else if (node.op in expressions) k.const(name, (expressions[node.op] as Print)(...own));
      else printFunction(k, node.op, name, own);
      return name;
    });
  });
  return namesOf(result);
}

/** An expression of the value of a uniform node. */
function uniformValue(k: KernelSource, node: FormulaNode, value: number): string {
  // constants that are small integers are readable in the source and need no argument
  if (node.op === 'constant' && Number.isInteger(value) && Math.abs(value) < 1000)
    return value < 0 ? `(${value})` : `${value}`;
  return k.scalar(value);
}

/** The name of `value` as stored in a tensor of this dtype; `storedIn` is the rule. */
export function stored(k: KernelSource, dtype: Dtype, value: string): string {
  if (dtype === 'float32') return value;
  const name = k.name('s');
  if (dtype === 'bool') return k.const(name, `(${value} === 0) ? 0 : 1`);
  const [low, high] = integerRange[dtype];
  const integer = k.define('w', `${value} < 0 ? Math.ceil(${value}) : Math.floor(${value})`);
  const clamped = `(${integer} < ${low} ? ${low} : (${integer} > ${high} ? ${high} : ${integer}))`;
  return k.const(name, `${isNumber(value)} ? ${clamped} : 0`);
}
