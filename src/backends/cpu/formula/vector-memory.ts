import type { Dtype } from '../../../dtype.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { simd, types } from '../wasm/opcodes.js';

/**
 * Pushes four elements of an input, or with `single` one in lane 0, converted to the arithmetic. The address is on the
 * stack.
 */
export function loadVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number, single: boolean): void {
  if (dtype === 'float32' || dtype === 'int32') {
    code.simdMemory(single ? simd.load32Zero : simd.load, offset);
  } else if (single) {
    code.byteLoad(offset).simd(simd.i32splat);
  } else {
    code.simdMemory(simd.load32Zero, offset).simd(simd.i16widenU).simd(simd.i32widenU);
  }
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Pushes an element of an input in all lanes, converted to the arithmetic. The address is on the stack. */
export function loadSplat(code: Code, dtype: Dtype, arithmetic: Arithmetic): void {
  if (dtype === 'float32' || dtype === 'int32') code.simdMemory(simd.load32Splat, 0);
  else code.byteLoad(0).simd(simd.i32splat);
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Stores four lanes (or lane 0 with `single`), converted to the dtype. The address and the vector are on the stack. */
export function storeVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number, single: boolean): void {
  if (dtype === 'float32' || dtype === 'int32') {
    if (dtype === 'float32' && arithmetic === 'int') code.simd(simd.f32fromI32);
    if (dtype === 'int32' && arithmetic === 'float') code.simd(simd.i32fromF32);
    if (single) code.simdMemory(simd.store32Lane, offset, 0);
    else code.simdMemory(simd.store, offset);
    return;
  }
  if (dtype === 'bool') {
    if (arithmetic === 'float') code.floats(0).simd(simd.f32.ne);
    else code.ints(0).simd(simd.i32.ne);
    code.ints(1).simd(simd.and);
  } else if (arithmetic === 'float') {
    code.simd(simd.i32fromF32);
  }
  const spare = code.local(types.v128);
  code.tee(spare).get(spare).simd(simd.i16narrowS);
  code.tee(spare).get(spare).simd(simd.i8narrowU);
  code.simdMemory(single ? simd.store8Lane : simd.store32Lane, offset, 0);
}
