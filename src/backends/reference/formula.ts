import type { TypedArray } from '../../dtype.js';
import type { Formula } from '../../formula/formula.js';
import { evaluate, type FormulaNode, type Reducer } from '../../formula/nodes.js';
import { uniformValues } from '../../formula/uniform.js';
import type { Operands, Scalars } from '../../tensor/backend.js';
import { broadcastShapes, broadcastStrides } from '../../tensor/shape.js';
import { convert } from './store.js';
import { walk } from './walk.js';

/** Operations that keep integers whole; every other one makes the formula compute with floats. */
const wholeOperations: readonly FormulaNode['op'][] = [
  'load',
  'neg',
  'abs',
  'add',
  'sub',
  'mul',
  'min',
  'max',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
  'not',
  'number',
  'select',
];

/** True if the formula computes in int32; see Backend for the rule. */
function computesInt32(f: Formula, operands: Operands<TypedArray>, uniform: Float64Array): boolean {
  if (f.inputs.length === 0 || f.inputs.some((name) => operands[name].dtype === 'float32')) return false;
  const varying = f.nodes.filter((node) => !node.uniform);
  const fromUniform = varying.flatMap((node) => node.args.filter((arg) => f.nodes[arg].uniform));
  return (
    varying.every((node) => wholeOperations.includes(node.op)) && fromUniform.every((arg) => isInt32(uniform[arg]))
  );
}

function isInt32(value: number): boolean {
  return value === (value | 0);
}

/** Evaluates the nodes of a formula for one element, whose inputs lie at `offsets` (in the order of `f.inputs`). */
type Evaluator = (offsets: readonly number[]) => Float64Array;

function evaluator(f: Formula, inputs: readonly TypedArray[], uniform: Float64Array, int32: boolean): Evaluator {
  const values = uniform.slice();
  const steps = f.nodes.flatMap((node, at): ((offsets: readonly number[]) => void)[] => {
    if (node.uniform || node.op === 'constant' || node.op === 'scalar') return [];
    if (node.op === 'load') {
      const input = f.inputs.indexOf(node.name);
      return [(offsets) => (values[at] = inputs[input][offsets[input]])];
    }
    const compute = applied(int32 && node.op === 'mul' ? Math.imul : evaluate[node.op], node.args, values);
    return [int32 ? () => (values[at] = compute() | 0) : () => (values[at] = compute())];
  });
  return (offsets) => {
    for (const step of steps) step(offsets);
    return values;
  };
}

/** A function of its arguments among `values`, called with as many as it takes: max and min look at every one. */
function applied(f: (...args: number[]) => number, args: readonly number[], values: Float64Array): () => number {
  const [a, b, c] = args;
  if (args.length === 1) return () => f(values[a]);
  return args.length === 2 ? () => f(values[a], values[b]) : () => f(values[a], values[b], values[c]);
}

/** Element-wise formula over inputs that broadcast to the shape of the outputs. */
export function map(f: Formula, operands: Operands<TypedArray>, scalars: Scalars): void {
  const uniform = uniformValues(f, scalars);
  const inputs = f.inputs.map((name) => operands[name]);
  const outputs = f.results.map(({ name, node }) => ({ ...operandOf(operands, name), node }));
  const { shape } = outputs[0];
  const evaluateAt = evaluator(
    f,
    inputs.map((x) => x.handle),
    uniform,
    computesInt32(f, operands, uniform),
  );
  walk(
    shape,
    [...inputs, ...outputs].map((x) => broadcastStrides(x.shape, shape, x.strides)),
    [...inputs, ...outputs].map(() => 0),
    (offsets) => {
      const values = evaluateAt(offsets);
      outputs.forEach(({ handle, dtype, node }, i) => {
        handle[offsets[inputs.length + i]] = convert(dtype, values[node]);
      });
    },
  );
}

const combine: Readonly<Record<Reducer, { start: number; join: (a: number, b: number) => number }>> = {
  sum: { start: 0, join: (a, b) => a + b },
  prod: { start: 1, join: (a, b) => a * b },
  max: { start: Number.NEGATIVE_INFINITY, join: Math.max },
  min: { start: Number.POSITIVE_INFINITY, join: Math.min },
};

const combineInt32: typeof combine = {
  max: { start: -2147483648, join: Math.max },
  min: { start: 2147483647, join: Math.min },
  sum: { start: 0, join: (a, b) => (a + b) | 0 },
  prod: { start: 1, join: Math.imul },
};

/** Reducing formula over inputs that broadcast against each other; outputs have size 1 on the reduced axes. */
export function reduce(f: Formula, operands: Operands<TypedArray>, scalars: Scalars): void {
  const uniform = uniformValues(f, scalars);
  const int32 = computesInt32(f, operands, uniform);
  const inputs = f.inputs.map((name) => operands[name]);
  const shape = broadcastShapes('reduce', ...inputs.map((x) => x.shape));
  const evaluateAt = evaluator(
    f,
    inputs.map((x) => x.handle),
    uniform,
    int32,
  );
  const outputs = f.results.map(({ name, node, reducer }) => {
    const { start, join } = (int32 ? combineInt32 : combine)[reducer ?? 'sum'];
    const out = operandOf(operands, name);
    return { ...out, node, join, sums: new Float64Array(out.size).fill(start) };
  });
  walk(
    shape,
    [...inputs, ...outputs].map((x) => broadcastStrides(x.shape, shape)),
    [...inputs, ...outputs].map(() => 0),
    (offsets) => {
      const values = evaluateAt(offsets);
      outputs.forEach(({ node, join, sums }, i) => {
        const at = offsets[inputs.length + i];
        sums[at] = join(sums[at], values[node]);
      });
    },
  );
  for (const { handle, dtype, sums } of outputs) {
    for (let i = 0; i < sums.length; i++) handle[i] = convert(dtype, sums[i]);
  }
}

/** A plain copy: spreading an operand would lose the getters of a tensor. */
function operandOf(operands: Operands<TypedArray>, name: string) {
  const { shape, dtype, size, handle, strides } = operands[name];
  return { shape, dtype, size, handle, strides };
}
