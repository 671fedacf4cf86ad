import { copyBytes } from './bytes';
import { storeTransposed } from './simd';
import { firstOf, pointer, word } from './words';

// Strided copy. Words: from, to, kind, element bytes, axes, axis that is split into tasks, tasks, then the lengths of
// the axes, their strides in the source and their strides in the target. Strides are in bytes. The host has sorted and
// merged the axes and chosen the kind by the last one or two of them.

const FROM = 0;
const TO = 1;
const KIND = 2;
const BYTES = 3;
const AXES = 4;
const SPLIT = 5;
const TASKS = 6;
const LENGTHS = 7;

/** The last axis is contiguous in the source and the target. */
const ROWS = 0;
/** The last axis is contiguous in the target and repeats one element of the source. */
const FILL = 1;
/** For 4-byte elements: the last axis is contiguous in the target, and the one before it in the source. */
const TRANSPOSE = 2;

/** Columns that a transposition handles at a time: a cache line of the source, so that no line is fetched twice. */
const TILE = 16;

/** Copies elements from one strided walk to another; arguments as above. */
export function copy(args: usize, task: i32, _thread: i32): void {
  const split = word(args, SPLIT);
  const axes = word(args, AXES);
  const tasks = word(args, TASKS);
  const first = firstOf(task, tasks, word(args, LENGTHS + split));
  const count = firstOf(task + 1, tasks, word(args, LENGTHS + split)) - first;
  const from = pointer(args, FROM) + first * word(args, LENGTHS + axes + split);
  const to = pointer(args, TO) + first * word(args, LENGTHS + 2 * axes + split);
  walk(args, 0, from, to, count);
}

function lengthOf(args: usize, axis: i32, count: i32): i32 {
  return axis == word(args, SPLIT) ? count : word(args, LENGTHS + axis);
}

function walk(args: usize, axis: i32, from: usize, to: usize, count: i32): void {
  const axes = word(args, AXES);
  const length = lengthOf(args, axis, count);
  const fromStride = word(args, LENGTHS + axes + axis);
  const toStride = word(args, LENGTHS + 2 * axes + axis);
  const kind = word(args, KIND);
  const bytes = word(args, BYTES);
  if (axis == axes - 2 && kind == TRANSPOSE) {
    const inner = lengthOf(args, axis + 1, count);
    transpose(from, word(args, LENGTHS + axes + axis + 1), inner, to, toStride, length);
  } else if (axis < axes - 1) {
    for (let i = 0; i < length; i++) {
      walk(args, axis + 1, from, to, count);
      from += fromStride;
      to += toStride;
    }
  } else if (kind == ROWS) copyBytes(to, from, length * bytes);
  else if (bytes == 4) {
    if (kind == FILL) fill(to, load<u32>(from), length);
    else strided<u32>(from, fromStride, to, toStride, length);
  } else if (kind == FILL) memory.fill(to, load<u8>(from), length);
  else strided<u8>(from, fromStride, to, toStride, length);
}

function strided<T>(from: usize, fromStride: usize, to: usize, toStride: usize, length: i32): void {
  for (let i = 0; i < length; i++) {
    store<T>(to, load<T>(from));
    from += fromStride;
    to += toStride;
  }
}

function fill(to: usize, value: u32, length: i32): void {
  const four = i32x4.splat(value);
  const end = to + (length << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, four);
  for (; to < end; to += 4) store<u32>(to, value);
}

/** Element (row, column) of a source with contiguous columns becomes element (column, row) of the target. */
function transpose(from: usize, fromStride: i32, rows: i32, to: usize, toStride: i32, columns: i32): void {
  for (let left = 0; left < columns; left += TILE) {
    const count = min(TILE, columns - left);
    let source = from + (left << 2);
    let target = to + left * toStride;
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      fourRows(source, fromStride, target, toStride, count);
      source += 4 * fromStride;
      target += 16;
    }
    for (; row < rows; row++) {
      strided<u32>(source, 4, target, toStride, count);
      source += fromStride;
      target += 4;
    }
  }
}

function fourRows(from: usize, fromStride: i32, to: usize, toStride: i32, columns: i32): void {
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    storeTransposed(
      to,
      toStride,
      v128.load(from),
      v128.load(from + fromStride),
      v128.load(from + 2 * fromStride),
      v128.load(from + 3 * fromStride),
    );
    from += 16;
    to += 4 * toStride;
  }
  for (; column < columns; column++) {
    strided<u32>(from, fromStride, to, 4, 4);
    from += 4;
    to += toStride;
  }
}
