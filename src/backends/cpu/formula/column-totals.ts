import { reducing } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { simd } from '../wasm/opcodes.js';
import type { Inexact } from './reducers.js';

// The totals of four columns: doubles, in 32 bytes of memory. They exist for inexact results, whose error would
// otherwise grow with the number of rows.

const combine = { sum: simd.f64.add, prod: simd.f64.mul } as const;

/** Immediates of a shuffle: the upper half of a vector first, and the lower halves of two vectors. */
const upperFirst = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const lowerHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Sets totals at a pointer plus `offset` to the result of reducing no elements. */
export function clearTotals(code: Code, reducer: Inexact, pointer: number, offset: number): void {
  for (const half of [0, 16]) {
    code
      .get(pointer)
      .double(reducing.float[reducer].start)
      .simd(simd.f64.splat)
      .simdMemory(simd.store, offset + half);
  }
}

/** Combines totals with a local that holds a vector of floats. */
export function addToTotals(code: Code, reducer: Inexact, vector: number, pointer: number, offset: number): void {
  for (const half of [0, 16]) {
    code
      .get(pointer)
      .get(pointer)
      .simdMemory(simd.load, offset + half)
      .get(vector);
    if (half > 0) code.get(vector).simd(simd.shuffle, ...upperFirst);
    code
      .simd(simd.f64promoteLow)
      .simd(combine[reducer])
      .simdMemory(simd.store, offset + half);
  }
}

/** Pushes totals as a vector of floats. */
export function pushTotals(code: Code, pointer: number, offset: number): void {
  for (const half of [0, 16]) {
    code
      .get(pointer)
      .simdMemory(simd.load, offset + half)
      .simd(simd.f32demote);
  }
  code.simd(simd.shuffle, ...lowerHalves);
}
