import type { Formula } from '../../../formula/formula.js';
import type { InlineFunctions } from '../wasm/functions.js';

/** The exports of the kernels module that formulas call, by function. */
export const mathExports = {
  exp: 'exp4',
  log: 'log4',
  sin: 'sin4',
  cos: 'cos4',
  tanh: 'tanh4',
  sigmoid: 'sigmoid4',
  erf: 'erf4',
  expm1: 'expm1_4',
  log1p: 'log1p4',
  pow: 'pow4',
} as const;

/** Whether an operation is one of these functions. */
export const isMath = (op: string): op is keyof typeof mathExports => op in mathExports;

/** The functions that a formula calls, in the order in which its module imports them; others are copied into it. */
export function importsOf(f: Formula, functions: InlineFunctions): { name: string; arity: number }[] {
  const used = new Set(f.nodes.flatMap((node) => (!node.uniform && isMath(node.op) ? [node.op] : [])));
  return [...used]
    .map((op) => ({ name: mathExports[op], arity: op === 'pow' ? 2 : 1 }))
    .filter(({ name }) => !functions.has(name));
}

/** Operations that the engine does not join in pairs; neither does it join calls and conversions. */
const unpacked = new Set(['ceil', 'floor', 'round']);

/** Whether all operations of a formula can be joined in pairs. */
export function isPackable(f: Formula, functions: InlineFunctions): boolean {
  return importsOf(f, functions).length === 0 && f.nodes.every(({ op, uniform }) => uniform || !unpacked.has(op));
}
