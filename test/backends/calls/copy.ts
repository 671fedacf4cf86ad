import fc from 'fast-check';
import type { StridedCopy } from '../../../src/tensor/backend.js';
import { anyDtype, product, seeds, shapes } from '../../helpers/arbitraries.js';
import { type Calls, call, given } from './call.js';

function strides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}

/** How one axis of the copied region maps to the source or target: to a part of it, possibly reversed. */
interface Part {
  readonly before: number;
  readonly after: number;
  readonly step: number;
  readonly backwards: boolean;
}

const part: fc.Arbitrary<Part> = fc.record({
  before: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
  after: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
  step: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 3 }) }),
  backwards: fc.boolean(),
});

/** The shape of a tensor that contains the region, with its axes in `order`, and the region's offset and strides. */
function layout(shape: readonly number[], parts: readonly Part[], order: readonly number[]) {
  const held = shape.map((n, a) => parts[a].before + (n === 0 ? 0 : (n - 1) * parts[a].step + 1) + parts[a].after);
  const tensor = order.map((axis) => held[axis]);
  const own = strides(tensor);
  let offset = 0;
  const walk = new Array<number>(shape.length).fill(0);
  order.forEach((axis, position) => {
    const { before, step, backwards } = parts[axis];
    offset += own[position] * (before + (backwards ? Math.max(0, shape[axis] - 1) * step : 0));
    walk[axis] = own[position] * step * (backwards ? -1 : 1);
  });
  return { tensor, offset, strides: walk };
}

/** Slices, permutations, flips, expansions and writes into a part of a larger tensor, of any dtype. */
const copy: Calls = (size) =>
  shapes({ maxAxes: 4, maxSize: Math.ceil(size / 2) })
    .chain((shape) => {
      const axes = shape.map((_, axis) => axis);
      const parts = fc.array(part, { minLength: shape.length, maxLength: shape.length });
      const order = fc.shuffledSubarray(axes, { minLength: axes.length });
      const repeated = fc.oneof(fc.constant<number[]>([]), fc.subarray(axes));
      return fc.record({
        shape: fc.constant(shape),
        from: parts,
        to: parts,
        fromOrder: order,
        toOrder: order,
        repeated,
        dtype: anyDtype,
        seed: seeds,
      });
    })
    .map(({ shape, from, to, fromOrder, toOrder, repeated, dtype, seed }) => {
      const read = layout(
        shape.map((n, a) => (repeated.includes(a) ? Math.min(n, 1) : n)),
        from,
        fromOrder,
      );
      const write = layout(shape, to, toOrder);
      const walk: StridedCopy = {
        shape,
        fromOffset: read.offset,
        fromStrides: read.strides.map((stride, axis) => (repeated.includes(axis) ? 0 : stride)),
        toOffset: write.offset,
        toStrides: write.strides,
      };
      return call(
        `copy ${JSON.stringify(walk)}`,
        { x: given(read.tensor, dtype, seed), out: given(write.tensor, dtype, seed + 1) },
        ['out'],
        (backend, { x, out }) => backend.copy(x, out, walk),
        { rtol: 0, atol: 0 },
      );
    });

/** A permutation of a contiguous tensor, the most common copy, which has its own kernels. */
const permute: Calls = (size) =>
  shapes({ minAxes: 2, maxAxes: 4, maxSize: size })
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, a) => a),
          { minLength: shape.length },
        ),
        anyDtype,
        seeds,
      ),
    )
    .map(([shape, order, dtype, seed]) => {
      const target = order.map((axis) => shape[axis]);
      const own = strides(shape);
      const walk: StridedCopy = {
        shape: target,
        fromOffset: 0,
        fromStrides: order.map((axis) => own[axis]),
        toOffset: 0,
        toStrides: strides(target),
      };
      return call(
        `permute ${order}`,
        { x: given(shape, dtype, seed), out: given(target, dtype, seed + 1) },
        ['out'],
        (backend, { x, out }) => backend.copy(x, out, walk),
        { rtol: 0, atol: 0 },
      );
    });

/** Strided copies. */
export const copyCalls: Readonly<Record<string, Calls>> = { 'copy: any strides': copy, 'copy: permutations': permute };
