import type { TypedArray } from '../../dtype.js';
import { storedIn } from '../../formula/semantics.js';
import type { Distribution, Operand, RandomStream } from '../../tensor/backend.js';
import { elementsOf, philox } from '../../tensor/random.js';

/** Values of Philox 4x32-10, four elements per block. */
export function random(out: Operand<TypedArray>, d: Distribution, { seed, counter }: RandomStream): void {
  const words = new Uint32Array(4);
  for (let start = 0; start < out.size; start += 4) {
    philox(seed, counter + start / 4, words);
    const four = elementsOf(d, words);
    for (let i = 0; i < Math.min(4, out.size - start); i++) out.handle[start + i] = storedIn[out.dtype](four[i]);
  }
}
