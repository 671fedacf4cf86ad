import { type Dtype, hostArray, type TypedArray } from '../../dtype.js';
import { storedIn } from '../../formula/semantics.js';
import type { Operand } from '../../tensor/backend.js';
import type { Engine } from './engine.js';

/** The memory of an operand as an array of its dtype, valid until the memory grows. */
export function memoryOf(
  engine: Engine,
  { dtype, handle, size }: Operand<number>,
): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return engine.f32.subarray(handle / 4, handle / 4 + size);
  if (dtype === 'int32') return engine.i32.subarray(handle / 4, handle / 4 + size);
  return engine.u8.subarray(handle, handle + size);
}

/** `Backend.write` */
export function write(engine: Engine, out: Operand<number>, values: ArrayLike<number>, offset = 0): void {
  const to = memoryOf(engine, out).subarray(offset, offset + values.length);
  if (out.dtype === 'float32' || isStored(out.dtype, values)) {
    to.set(values);
    return;
  }
  const stored = storedIn[out.dtype];
  for (let i = 0; i < to.length; i++) to[i] = stored(values[i]);
}

/** `Backend.readSync`: a copy, in memory that is not shared. */
export function read(engine: Engine, x: Operand<number>): TypedArray {
  const copy = hostArray(x.dtype, x.size);
  copy.set(memoryOf(engine, x));
  return copy;
}

/** True for arrays whose values all are values of the dtype. */
function isStored(dtype: Dtype, values: ArrayLike<number>): boolean {
  if (dtype === 'int32') {
    return values instanceof Int32Array || values instanceof Uint8Array || values instanceof Int16Array;
  }
  return dtype === 'uint8' && (values instanceof Uint8Array || values instanceof Uint8ClampedArray);
}
