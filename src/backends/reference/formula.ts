import type { TypedArray } from '../../dtype.js';
import type { Formula } from '../../formula/formula.js';
import { evaluate } from '../../formula/nodes.js';
import { type Arithmetic, arithmeticOf, reducing, storedIn } from '../../formula/semantics.js';
import { uniformValues } from '../../formula/uniform.js';
import type { Operands, Scalars } from '../../tensor/backend.js';
import { broadcastShapes, broadcastStrides } from '../../tensor/shape.js';
import { walk } from './walk.js';

/** Evaluates the nodes of a formula for one element, whose inputs are at `offsets` (in the order of `f.inputs`). */
type Evaluator = (offsets: readonly number[]) => Float64Array;

function evaluator(
  f: Formula,
  inputs: readonly TypedArray[],
  uniform: readonly number[],
  arithmetic: Arithmetic,
): Evaluator {
  const int32 = arithmetic === 'int';
  const values = Float64Array.from(uniform);
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

/** Applies a function to its arguments in `values`. */
function applied(f: (...args: number[]) => number, args: readonly number[], values: Float64Array): () => number {
  const [a, b, c] = args;
  if (args.length === 1) return () => f(values[a]);
  return args.length === 2 ? () => f(values[a], values[b]) : () => f(values[a], values[b], values[c]);
}

/** Computes an element-wise formula over inputs that broadcast to the shape of the outputs. */
export function map(f: Formula, operands: Operands<TypedArray>, scalars: Scalars): void {
  const uniform = uniformValues(f, scalars);
  const inputs = f.inputs.map((name) => operands[name]);
  const outputs = f.results.map(({ name, node }) => ({ ...operandOf(operands, name), node }));
  const { shape } = outputs[0];
  const evaluateAt = evaluator(
    f,
    inputs.map((x) => x.handle),
    uniform,
    arithmeticOf(f, operands, uniform),
  );
  walk(
    shape,
    [...inputs, ...outputs].map((x) => broadcastStrides(x.shape, shape, x.strides)),
    [...inputs, ...outputs].map(() => 0),
    (offsets) => {
      const values = evaluateAt(offsets);
      outputs.forEach(({ handle, dtype, node }, i) => {
        handle[offsets[inputs.length + i]] = storedIn[dtype](values[node]);
      });
    },
  );
}

/**
 * Computes a reducing formula over inputs that broadcast against each other; outputs have size 1 on the reduced axes.
 */
export function reduce(f: Formula, operands: Operands<TypedArray>, scalars: Scalars): void {
  const uniform = uniformValues(f, scalars);
  const arithmetic = arithmeticOf(f, operands, uniform);
  const inputs = f.inputs.map((name) => operands[name]);
  const shape = broadcastShapes('reduce', ...inputs.map((x) => x.shape));
  const evaluateAt = evaluator(
    f,
    inputs.map((x) => x.handle),
    uniform,
    arithmetic,
  );
  const outputs = f.results.map(({ name, node, reducer }) => {
    const { start, join } = reducing[arithmetic][reducer ?? 'sum'];
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
    for (let i = 0; i < sums.length; i++) handle[i] = storedIn[dtype](sums[i]);
  }
}

/** Copies an operand to a plain object: spreading it would lose the getters of a tensor. */
function operandOf(operands: Operands<TypedArray>, name: string) {
  const { shape, dtype, size, handle, strides } = operands[name];
  return { shape, dtype, size, handle, strides };
}
