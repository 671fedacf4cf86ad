import type { Dtype } from '../../../dtype.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { ops, simd, types } from '../wasm/opcodes.js';

/** Pushes four elements of an input, converted to the arithmetic. The address is on the stack. */
export function loadVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number): void {
  if (dtype === 'float32' || dtype === 'int32') code.simdMemory(simd.load, offset);
  else code.simdMemory(simd.load32Zero, offset).simd(simd.i16widenU).simd(simd.i32widenU);
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Pushes an element of an input in all lanes, converted to the arithmetic. The address is on the stack. */
export function loadSplat(code: Code, dtype: Dtype, arithmetic: Arithmetic): void {
  if (dtype === 'float32' || dtype === 'int32') code.simdMemory(simd.load32Splat, 0);
  else code.byteLoad(0).simd(simd.i32splat);
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Stores a lane, by default all, converted to the dtype. The address and the vector are on the stack. */
export function storeVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number, lane?: number): void {
  if (dtype === 'float32' || dtype === 'int32') {
    if (dtype === 'float32' && arithmetic === 'int') code.simd(simd.f32fromI32);
    if (dtype === 'int32' && arithmetic === 'float') code.simd(simd.i32fromF32);
    if (lane === undefined) code.simdMemory(simd.store, offset);
    else code.simdMemory(simd.store32Lane, offset, lane);
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
  code.simdMemory(lane === undefined ? simd.store32Lane : simd.store8Lane, offset, lane ?? 0);
}

/** Stores the double on the stack, converted to the dtype, at the address below it. */
export function storeDouble(code: Code, dtype: Dtype): void {
  const isFloat = dtype === 'float32';
  if (isFloat) code.op(ops.f32demote).simd(simd.f32splat);
  // a fraction is not 0
  else if (dtype === 'bool') code.double(0).op(ops.f64ne).simd(simd.i32splat);
  else code.truncateDouble().simd(simd.i32splat);
  storeVector(code, dtype, isFloat ? 'float' : 'int', 0, 0);
}
