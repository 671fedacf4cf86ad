import type { MatmulOptions, Operand } from '../../tensor/backend.js';
import { broadcastStrides, numel } from '../../tensor/shape.js';
import type { Engine } from './engine.js';
import { matmul } from './matmul.js';

/** A leading axis of a batched product; strides in elements, 0 where an operand is repeated. */
interface Axis {
  readonly length: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** `Backend.matmul`: computes the products over the leading axes in as few calls as broadcasting allows. */
export function batchedMatmul(
  engine: Engine,
  a: Operand<number>,
  b: Operand<number>,
  out: Operand<number>,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): void {
  if (out.size === 0) return;
  const [m, n] = out.shape.slice(-2);
  const k = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const axes = leadingAxes(a.shape, b.shape, out.shape);
  // The kernels step through the last axis themselves.
  const last = axes.pop() ?? { length: 1, a: 0, b: 0, c: 0 };
  const problem = { m, n, k, transposeA, transposeB, batch: last.length, strideA: last.a, strideB: last.b };
  const visit = (axis: number, atA: number, atB: number, atC: number): void => {
    if (axis === axes.length) {
      matmul(engine, { ...problem, a: a.handle + 4 * atA, b: b.handle + 4 * atB, c: out.handle + 4 * atC });
      return;
    }
    const { length, ...strides } = axes[axis];
    for (let i = 0; i < length; i++) {
      visit(axis + 1, atA + i * strides.a, atB + i * strides.b, atC + i * strides.c);
    }
  };
  visit(0, 0, 0, 0);
}

/**
 * The leading axes of a product. Neighbouring axes are merged where each operand steps through both with one stride.
 */
function leadingAxes(a: readonly number[], b: readonly number[], out: readonly number[]): Axis[] {
  const lead = out.slice(0, -2);
  const [sizeA, sizeB, sizeC] = [a, b, out].map((shape) => numel(shape.slice(-2)));
  const ofA = broadcastStrides(a.slice(0, -2), lead);
  const ofB = broadcastStrides(b.slice(0, -2), lead);
  const axes: Axis[] = [];
  let elements = sizeC;
  for (let i = lead.length - 1; i >= 0; i--) {
    const axis = { length: lead[i], a: ofA[i] * sizeA, b: ofB[i] * sizeB, c: elements };
    elements *= lead[i];
    if (axis.length === 1) continue;
    const inner = axes[0];
    if (inner && axis.a === inner.a * inner.length && axis.b === inner.b * inner.length) {
      axes[0] = { ...inner, length: axis.length * inner.length };
    } else axes.unshift(axis);
  }
  return axes;
}
