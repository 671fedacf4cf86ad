import type { TypedArray } from '../../dtype.js';
import type { Operand, StridedCopy } from '../../tensor/backend.js';
import { walk } from './walk.js';

/** Strided copy between operands of one dtype. */
export function copy(x: Operand<TypedArray>, out: Operand<TypedArray>, w: StridedCopy): void {
  walk(w.shape, [w.fromStrides, w.toStrides], [w.fromOffset, w.toOffset], ([from, to]) => {
    out.handle[to] = x.handle[from];
  });
}
