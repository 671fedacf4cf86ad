/** Element types. `bool` stores 0 or 1 in a byte; `uint8` is for raw images and widens to int32 in arithmetic. */
export type Dtype = 'float32' | 'int32' | 'uint8' | 'bool';

/**
 * The array that a read returns. float32 gives a Float32Array on cpu and gpu and a Float64Array on reference; int32
 * gives an Int32Array, uint8 and bool a Uint8Array.
 */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Every dtype, in promotion order. */
export const dtypes: readonly Dtype[] = ['bool', 'uint8', 'int32', 'float32'];

/** Size of one element in bytes. */
export function bytesOf(dtype: Dtype): number {
  return dtype === 'float32' || dtype === 'int32' ? 4 : 1;
}

/** True for float32, the only dtype that carries gradients. */
export function isFloat(dtype: Dtype): boolean {
  return dtype === 'float32';
}

/** The dtype of arithmetic between operands: float32 if any is, else int32. */
export function promote(...types: readonly Dtype[]): Dtype {
  return types.includes('float32') ? 'float32' : 'int32';
}

/** An array on the host that can hold `size` elements of `dtype` as the fast backends store them. */
export function hostArray(dtype: Dtype, size: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
