import type { TypedArray } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { storedIn } from '../../formula/semantics.js';
import type { Operand } from '../../tensor/backend.js';
import { stridesOf } from '../../tensor/shape.js';
import { viewAlong, walk } from './walk.js';

function checked(op: string, index: number, length: number): number {
  if (index < 0 || index >= length) throw new ValueError(`${op}: expected indices in [0, ${length}), got ${index}`);
  return index;
}

/** Pairs every element of `index` with the element that it names along `axis` of a tensor of shape `large`. */
function named(
  op: string,
  large: Operand<TypedArray>,
  index: Operand<TypedArray>,
  axis: number,
  visit: (small: number, large: number) => void,
): void {
  const length = large.shape[axis];
  for (const i of index.handle.subarray(0, index.size)) checked(op, i, length);
  const strides = stridesOf(large.shape);
  const others = strides.map((stride, a) => (a === axis ? 0 : stride));
  let small = 0;
  walk(index.shape, [others], [0], ([offset]) => {
    visit(small, offset + index.handle[small] * strides[axis]);
    small++;
  });
}

/** out[..., i, ...] = x[..., index[..., i, ...], ...]. */
export function gather(
  x: Operand<TypedArray>,
  index: Operand<TypedArray>,
  out: Operand<TypedArray>,
  axis: number,
): void {
  named('gather', x, index, axis, (small, large) => (out.handle[small] = x.handle[large]));
}

/** out[..., index[..., i, ...], ...] += src[..., i, ...]. */
export function scatterAdd(
  out: Operand<TypedArray>,
  index: Operand<TypedArray>,
  src: Operand<TypedArray>,
  axis: number,
): void {
  named('scatterAdd', out, index, axis, (small, large) => add(out, large, src.handle[small]));
}

/** Pairs every element of a tensor of selected rows with its element in the tensor from which the rows are selected. */
function rows(
  op: string,
  large: Operand<TypedArray>,
  index: Operand<TypedArray>,
  axis: number,
  visit: (small: number, large: number) => void,
): void {
  const { outer, length, inner } = viewAlong(large.shape, axis);
  const chosen = Array.from({ length: index.size }, (_, i) => checked(op, index.handle[i], length));
  for (let block = 0; block < outer; block++) {
    chosen.forEach((row, i) => {
      for (let column = 0; column < inner; column++) {
        visit((block * chosen.length + i) * inner + column, (block * length + row) * inner + column);
      }
    });
  }
}

/** Reads the rows of x along `axis` that a one-dimensional index names. */
export function indexSelect(
  x: Operand<TypedArray>,
  index: Operand<TypedArray>,
  out: Operand<TypedArray>,
  axis: number,
): void {
  rows('indexSelect', x, index, axis, (small, large) => (out.handle[small] = x.handle[large]));
}

/** Adds rows of src to the rows of out along `axis` that a one-dimensional index names. */
export function indexAdd(
  out: Operand<TypedArray>,
  index: Operand<TypedArray>,
  src: Operand<TypedArray>,
  axis: number,
): void {
  rows('indexAdd', out, index, axis, (small, large) => add(out, large, src.handle[small]));
}

function add(out: Operand<TypedArray>, at: number, value: number): void {
  const sum = out.handle[at] + value;
  out.handle[at] = storedIn[out.dtype](out.dtype === 'int32' ? sum | 0 : sum);
}
