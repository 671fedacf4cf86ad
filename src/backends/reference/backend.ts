import type { TypedArray } from '../../dtype.js';
import { OutOfMemoryError } from '../../errors.js';
import { storedIn } from '../../formula/semantics.js';
import type { Backend, DeviceInfo, Operand } from '../../tensor/backend.js';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.js';
import { copy } from './copy.js';
import { map, reduce } from './formula.js';
import { gather, indexAdd, indexSelect, scatterAdd } from './gather.js';
import { matmul } from './matmul.js';
import { avgPool2d, avgPool2dGrad, maxPool2d, maxPool2dGrad } from './pool2d.js';
import { random } from './random.js';
import { argReduce, cumsum } from './scan.js';
import { allocate } from './store.js';

/**
 * Defines every primitive as plain loops in double precision: slow and readable. The other backends are tested against
 * it. Float32 tensors store doubles here, so gradients can be checked by finite differences.
 */
export class ReferenceBackend implements Backend<TypedArray> {
  readonly name = 'reference';

  readonly map = map;
  readonly reduce = reduce;
  readonly argReduce = argReduce;
  readonly cumsum = cumsum;
  readonly copy = copy;
  readonly matmul = matmul;
  readonly conv2d = conv2d;
  readonly conv2dInputGrad = conv2dInputGrad;
  readonly conv2dWeightGrad = conv2dWeightGrad;
  readonly maxPool2d = maxPool2d;
  readonly maxPool2dGrad = maxPool2dGrad;
  readonly avgPool2d = avgPool2d;
  readonly avgPool2dGrad = avgPool2dGrad;
  readonly gather = gather;
  readonly scatterAdd = scatterAdd;
  readonly indexSelect = indexSelect;
  readonly indexAdd = indexAdd;
  readonly random = random;

  info(): DeviceInfo {
    return { name: this.name, description: 'TypeScript loops', arithmetic: 'float64', threads: 1, features: [] };
  }

  /**
   * Allocates memory for `size` elements.
   *
   * @throws OutOfMemoryError when the engine cannot allocate an array of this size
   */
  allocate(...[dtype, size]: Parameters<typeof allocate>): TypedArray {
    try {
      return allocate(dtype, size);
    } catch (error) {
      throw new OutOfMemoryError(`reference: expected room for ${size} elements, got ${(error as Error).message}`);
    }
  }

  /** Does nothing: the garbage collector frees arrays. */
  release(): void {}

  /** Returns a view of the same array. */
  part(x: Operand<TypedArray>, offset: number): TypedArray {
    return x.handle.subarray(offset);
  }

  /** Copies host values into `out`, starting at element `offset`. */
  write(out: Operand<TypedArray>, values: ArrayLike<number>, offset = 0): void {
    for (let i = 0; i < values.length; i++) out.handle[offset + i] = storedIn[out.dtype](values[i]);
  }

  /** Returns a copy of the values. */
  async read(x: Operand<TypedArray>): Promise<TypedArray> {
    return this.readSync(x);
  }

  /** Returns a copy of the values synchronously. */
  readSync(x: Operand<TypedArray>): TypedArray {
    return x.handle.slice(0, x.size);
  }
}
