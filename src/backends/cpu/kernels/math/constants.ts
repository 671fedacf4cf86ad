import { madd } from '../simd';

// Constants are loaded from memory, because newer versions of V8 compute the splat of a constant in three instructions
// at each use.

export const ZERO = memory.data<f32>([0]);
export const HALF = memory.data<f32>([0.5]);
export const ONE = memory.data<f32>([1]);
export const TWO = memory.data<f32>([2]);
export const INFINITY = memory.data<f32>([Infinity]);
/** The bit of the sign. */
export const SIGN = memory.data<u32>([0x80000000]);

/** A number of 32 bits in all lanes; `at` points to it. */
@inline
export function splat(at: usize): v128 {
  return v128.load32_splat(at);
}

/** The polynomial in x whose coefficients, the highest first, are at `coefficients`; its degree is 1 to 6. */
@inline
export function polynomial(x: v128, coefficients: usize, degree: i32): v128 {
  let p = madd(x, splat(coefficients), v128.load32_splat(coefficients, 4));
  if (degree > 1) p = madd(x, p, v128.load32_splat(coefficients, 8));
  if (degree > 2) p = madd(x, p, v128.load32_splat(coefficients, 12));
  if (degree > 3) p = madd(x, p, v128.load32_splat(coefficients, 16));
  if (degree > 4) p = madd(x, p, v128.load32_splat(coefficients, 20));
  if (degree > 5) p = madd(x, p, v128.load32_splat(coefficients, 24));
  return p;
}
