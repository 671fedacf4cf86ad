import { copyBytes } from './bytes';
import { firstOf, pointer, word } from './words';

// Reads and adds by index. The host has checked the indices.

/** Numbers of the dtypes, as in the host. */
const FLOAT32 = 0;
const INT32 = 1;
const UINT8 = 2;

// Words of gather and scatterAdd: the large tensor, index, the small one, dtype, stride of the indexed axis in the
// large tensor, axes, axis that is split into tasks, tasks, then the lengths of the axes of the index, their strides in
// the large tensor (0 for the indexed axis) and their strides in the index; strides are in elements.
const LARGE = 0;
const INDEX = 1;
const SMALL = 2;
const DTYPE = 3;
const STRIDE = 4;
const AXES = 5;
const SPLIT = 6;
const TASKS = 7;
const LENGTHS = 8;

/** Reads the elements of x at the places along an axis that the index names; arguments as above. */
export function gather(args: usize, task: i32, _thread: i32): void {
  start(args, task, false);
}

/** Adds elements to the places along an axis that the index names; arguments as above. */
export function scatterAdd(args: usize, task: i32, _thread: i32): void {
  start(args, task, true);
}

function start(args: usize, task: i32, adds: bool): void {
  const split = word(args, SPLIT);
  const axes = word(args, AXES);
  const tasks = word(args, TASKS);
  const first = firstOf(task, tasks, word(args, LENGTHS + split));
  const count = firstOf(task + 1, tasks, word(args, LENGTHS + split)) - first;
  const large = first * word(args, LENGTHS + axes + split);
  const small = first * word(args, LENGTHS + 2 * axes + split);
  walk(args, 0, large, small, count, adds);
}

/** `large` and `small` are offsets in elements. */
function walk(args: usize, axis: i32, large: i32, small: i32, count: i32, adds: bool): void {
  const axes = word(args, AXES);
  const length = axis == word(args, SPLIT) ? count : word(args, LENGTHS + axis);
  const largeStride = word(args, LENGTHS + axes + axis);
  if (axis < axes - 1) {
    const smallStride = word(args, LENGTHS + 2 * axes + axis);
    for (let i = 0; i < length; i++) {
      walk(args, axis + 1, large + i * largeStride, small + i * smallStride, count, adds);
    }
    return;
  }
  const index = pointer(args, INDEX) + ((<usize>small) << 2);
  const dtype = word(args, DTYPE);
  if (adds) {
    if (dtype == FLOAT32) addRow<f32>(args, dtype, index, large, largeStride, small, length);
    else if (dtype == INT32) addRow<i32>(args, dtype, index, large, largeStride, small, length);
    else addRow<u8>(args, dtype, index, large, largeStride, small, length);
  } else if (dtype <= INT32) gatherRow<u32>(args, index, large, largeStride, small, length);
  else gatherRow<u8>(args, index, large, largeStride, small, length);
}

function gatherRow<T>(args: usize, index: usize, large: i32, largeStride: i32, small: i32, length: i32): void {
  const from = pointer(args, LARGE);
  const stride = word(args, STRIDE);
  let to = pointer(args, SMALL) + <usize>small * sizeof<T>();
  for (let i = 0; i < length; i++) {
    const at = large + i * largeStride + load<i32>(index + ((<usize>i) << 2)) * stride;
    store<T>(to, load<T>(from + <usize>at * sizeof<T>()));
    to += sizeof<T>();
  }
}

function addRow<T>(args: usize, dtype: i32, index: usize, large: i32, largeStride: i32, small: i32, length: i32): void {
  const to = pointer(args, LARGE);
  const stride = word(args, STRIDE);
  let from = pointer(args, SMALL) + <usize>small * sizeof<T>();
  for (let i = 0; i < length; i++) {
    const at = large + i * largeStride + load<i32>(index + ((<usize>i) << 2)) * stride;
    add<T>(dtype, to + <usize>at * sizeof<T>(), load<T>(from));
    from += sizeof<T>();
  }
}

/** Adds with the conversion of a store: bytes saturate, and truth values stay 0 or 1. */
function add<T>(dtype: i32, at: usize, value: T): void {
  if (sizeof<T>() == 4) {
    store<T>(at, load<T>(at) + value);
    return;
  }
  const sum = <i32>load<u8>(at) + <i32>value;
  store<u8>(at, <u8>(dtype == UINT8 ? min(sum, 255) : i32(sum != 0)));
}

/**
 * Words: x (outer, length, inner), index, out (outer, count, inner), length, count, bytes of a row, tasks, rows out.
 */
export function indexSelect(args: usize, task: i32, _thread: i32): void {
  const length = word(args, 3);
  const count = word(args, 4);
  const bytes = word(args, 5);
  const tasks = word(args, 6);
  const rows = word(args, 7);
  const end = firstOf(task + 1, tasks, rows);
  for (let row = firstOf(task, tasks, rows); row < end; row++) {
    const chosen = load<i32>(pointer(args, 1) + ((<usize>(row % count)) << 2));
    const from = pointer(args, 0) + <usize>((row / count) * length + chosen) * bytes;
    copyBytes(pointer(args, 2) + <usize>row * bytes, from, bytes);
  }
}

/**
 * Words: out (outer, length, inner), index, src (outer, count, inner), dtype, outer, length, count, inner, tasks,
 * 1 if tasks split `outer` and 0 if they split `inner`.
 */
export function indexAdd(args: usize, task: i32, _thread: i32): void {
  const dtype = word(args, 3);
  if (dtype == FLOAT32) addRows<f32>(args, task, dtype);
  else if (dtype == INT32) addRows<i32>(args, task, dtype);
  else addRows<u8>(args, task, dtype);
}

function addRows<T>(args: usize, task: i32, dtype: i32): void {
  const outer = word(args, 4);
  const length = word(args, 5);
  const count = word(args, 6);
  const inner = word(args, 7);
  const tasks = word(args, 8);
  const splitsOuter = word(args, 9) == 1;
  const firstBlock = splitsOuter ? firstOf(task, tasks, outer) : 0;
  const endBlock = splitsOuter ? firstOf(task + 1, tasks, outer) : outer;
  const firstColumn = splitsOuter ? 0 : firstOf(task, tasks, inner);
  const columns = (splitsOuter ? inner : firstOf(task + 1, tasks, inner)) - firstColumn;
  for (let block = firstBlock; block < endBlock; block++) {
    for (let i = 0; i < count; i++) {
      const chosen = load<i32>(pointer(args, 1) + ((<usize>i) << 2));
      let to = pointer(args, 0) + <usize>((block * length + chosen) * inner + firstColumn) * sizeof<T>();
      let from = pointer(args, 2) + <usize>((block * count + i) * inner + firstColumn) * sizeof<T>();
      let column = 0;
      if (isFloat<T>()) {
        for (; column + 4 <= columns; column += 4) {
          v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
          to += 16;
          from += 16;
        }
      }
      for (; column < columns; column++) {
        add<T>(dtype, to, load<T>(from));
        to += sizeof<T>();
        from += sizeof<T>();
      }
    }
  }
}
