import { firstOf, pointer, word } from './words';

// Walks along one axis of x (outer, length, inner). A column is a line of elements along that axis; tasks split the
// columns.

// Words: x, out, dtype, length, inner, columns (outer * inner), tasks, flag.
const X = 0;
const OUT = 1;
const DTYPE = 2;
const LENGTH = 3;
const INNER = 4;
const COLUMNS = 5;
const TASKS = 6;
const FLAG = 7;

/** Numbers of the dtypes, as in the host. */
const FLOAT32 = 0;
const INT32 = 1;
const UINT8 = 2;

/** Running sums; flag: from the end. Floats are added in double precision, and integers wrap in int32. */
export function cumsum(args: usize, task: i32, _thread: i32): void {
  const inner = word(args, INNER);
  const length = word(args, LENGTH);
  const dtype = word(args, DTYPE);
  const tasks = word(args, TASKS);
  const end = firstOf(task + 1, tasks, word(args, COLUMNS));
  const bytes = dtype <= INT32 ? 4 : 1;
  let column = firstOf(task, tasks, word(args, COLUMNS));
  while (column < end) {
    const within = column % inner;
    let first = (column / inner) * length * inner + within;
    let step = inner;
    if (word(args, FLAG)) {
      first += (length - 1) * inner;
      step = -inner;
    }
    const x = pointer(args, X) + <usize>first * bytes;
    const out = pointer(args, OUT) + <usize>first * bytes;
    const stride = step * bytes;
    if (dtype != FLOAT32) {
      if (dtype == INT32) sumIntegers<i32>(x, out, stride, length, dtype);
      else sumIntegers<u8>(x, out, stride, length, dtype);
      column++;
    } else if (within + 4 <= inner && column + 4 <= end) {
      sumFour(x, out, stride, length);
      column += 4;
    } else {
      sumOne(x, out, stride, length);
      column++;
    }
  }
}

function sumOne(x: usize, out: usize, stride: usize, length: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < length; i++) {
    sum += <f64>load<f32>(x);
    store<f32>(out, <f32>sum);
    x += stride;
    out += stride;
  }
}

function sumFour(x: usize, out: usize, stride: usize, length: i32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i = 0; i < length; i++) {
    const four = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 1)));
    v128.store(out, v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2));
    x += stride;
    out += stride;
  }
}

function sumIntegers<T>(x: usize, out: usize, stride: usize, length: i32, dtype: i32): void {
  let sum: i32 = 0;
  for (let i = 0; i < length; i++) {
    sum += <i32>load<T>(x);
    if (sizeof<T>() == 4) store<i32>(out, sum);
    else store<u8>(out, <u8>(dtype == UINT8 ? max(0, min(sum, 255)) : i32(sum != 0)));
    x += stride;
    out += stride;
  }
}

/**
 * Index of the first largest element of each column; flag: of the first smallest. The first NaN wins over any number.
 */
export function argReduce(args: usize, task: i32, _thread: i32): void {
  const dtype = word(args, DTYPE);
  if (dtype == FLOAT32) argColumns<f32>(args, task);
  else if (dtype == INT32) argColumns<i32>(args, task);
  else argColumns<u8>(args, task);
}

function argColumns<T>(args: usize, task: i32): void {
  const inner = word(args, INNER);
  const length = word(args, LENGTH);
  const tasks = word(args, TASKS);
  const smallest = word(args, FLAG) != 0;
  const end = firstOf(task + 1, tasks, word(args, COLUMNS));
  for (let column = firstOf(task, tasks, word(args, COLUMNS)); column < end; column++) {
    const first = (column / inner) * length * inner + (column % inner);
    const x = pointer(args, X) + <usize>first * sizeof<T>();
    const winner =
      isFloat<T>() && inner == 1 && length >= 8 ? argRow(x, length, smallest) : argOne<T>(x, inner, length, smallest);
    store<i32>(pointer(args, OUT) + ((<usize>column) << 2), winner);
  }
}

function argOne<T>(x: usize, inner: i32, length: i32, smallest: bool): i32 {
  const stride = <usize>inner * sizeof<T>();
  let best = load<T>(x);
  let winner = 0;
  for (let i = 1; i < length; i++) {
    x += stride;
    const value = load<T>(x);
    let better = smallest ? value < best : value > best;
    if (isFloat<T>() && value != value && best == best) better = true;
    if (better) {
      best = value;
      winner = i;
    }
  }
  return winner;
}

/**
 * Finds the extreme of a contiguous row of floats four lanes at a time, then returns the first index of it or of NaN.
 */
function argRow(x: usize, length: i32, smallest: bool): i32 {
  // the last vector overlaps the one before
  const last = x + (<usize>(length - 4) << 2);
  let best = v128.load(last);
  let isNaN = f32x4.ne(best, best);
  for (let at = x; at < last; at += 16) {
    const four = v128.load(at);
    best = extreme(best, four, smallest);
    isNaN = v128.or(isNaN, f32x4.ne(four, four));
  }
  best = extreme(best, v128.shuffle<i32>(best, best, 2, 3, 0, 1), smallest);
  best = extreme(best, v128.shuffle<i32>(best, best, 1, 0, 3, 2), smallest);
  const anyNaN = v128.any_true(isNaN);
  let from = 0;
  let hits = 0;
  for (let i = 0; hits == 0 && i < length; i += 4) {
    from = min(i, length - 4);
    const four = v128.load(x + (<usize>from << 2));
    hits = i32x4.bitmask(anyNaN ? f32x4.ne(four, four) : f32x4.eq(four, best));
  }
  return from + ctz(hits);
}

/** The larger or smaller of numbers; this is one instruction, unlike min and max, which handle NaN. */
function extreme(a: v128, b: v128, smallest: bool): v128 {
  return smallest ? f32x4.pmin(a, b) : f32x4.pmax(a, b);
}
