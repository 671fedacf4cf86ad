import { bytesOf, type Dtype } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import type { Operand } from '../../tensor/backend.js';
import { numel, stridesOf } from '../../tensor/shape.js';
import type { Engine } from './engine.js';
import { tasksFor } from './threads/tasks.js';

/** Numbers of the dtypes in the kernels. */
export const dtypeNumber: Readonly<Record<Dtype, number>> = { float32: 0, int32: 1, uint8: 2, bool: 3 };

/**
 * Checks that indices are in [0, length), because kernels do not.
 * @throws ValueError with the name of the operation if one is not.
 */
function checkIndices(engine: Engine, op: string, index: Operand<number>, length: number): void {
  const { i32 } = engine;
  const start = index.handle / 4;
  for (let i = start; i < start + index.size; i++) {
    if (i32[i] < 0 || i32[i] >= length) {
      throw new ValueError(`${op}: expected indices in [0, ${length}), got ${i32[i]}`);
    }
  }
}

/** `Backend.gather` */
export function gather(
  engine: Engine,
  x: Operand<number>,
  index: Operand<number>,
  out: Operand<number>,
  axis: number,
): void {
  along(engine, 'gather', { large: x, index, small: out }, axis);
}

/** `Backend.scatterAdd`; tasks never split the indexed axis, so the terms of repeated indices are added in order. */
export function scatterAdd(
  engine: Engine,
  out: Operand<number>,
  index: Operand<number>,
  src: Operand<number>,
  axis: number,
): void {
  along(engine, 'scatterAdd', { large: out, index, small: src }, axis);
}

function along(
  engine: Engine,
  op: 'gather' | 'scatterAdd',
  { large, index, small }: Readonly<Record<'large' | 'index' | 'small', Operand<number>>>,
  axis: number,
): void {
  checkIndices(engine, op, index, large.shape[axis]);
  if (index.size === 0) return;
  const { shape } = index;
  const strides = stridesOf(large.shape);
  const parts = shape.map((length, a) => (op === 'scatterAdd' && a === axis ? 1 : length));
  const longest = Math.max(...parts);
  const split = parts.indexOf(longest);
  const tasks = tasksFor(engine, 16 * index.size, longest);
  const args = [
    ...[large.handle, index.handle, small.handle, dtypeNumber[large.dtype]],
    ...[strides[axis], shape.length, split, tasks],
    ...shape,
    ...strides.map((stride, a) => (a === axis ? 0 : stride)),
    ...stridesOf(shape),
  ];
  engine.run(op, args, tasks);
}

/** A shape divided at one of its axes. */
function around(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  return { outer: numel(shape.slice(0, axis)), length: shape[axis], inner: numel(shape.slice(axis + 1)) };
}

/** `Backend.indexSelect` */
export function indexSelect(
  engine: Engine,
  x: Operand<number>,
  index: Operand<number>,
  out: Operand<number>,
  axis: number,
): void {
  const { outer, length, inner } = around(x.shape, axis);
  checkIndices(engine, 'indexSelect', index, length);
  const rows = outer * index.size;
  const bytes = inner * bytesOf(x.dtype);
  if (rows * bytes === 0) return;
  const tasks = tasksFor(engine, rows * (2 * bytes + 8), rows);
  engine.run('indexSelect', [x.handle, index.handle, out.handle, length, index.size, bytes, tasks, rows], tasks);
}

/**
 * `Backend.indexAdd`; tasks split columns or blocks, never rows, so the terms of repeated indices are added in order.
 */
export function indexAdd(
  engine: Engine,
  out: Operand<number>,
  index: Operand<number>,
  src: Operand<number>,
  axis: number,
): void {
  const { outer, length, inner } = around(out.shape, axis);
  checkIndices(engine, 'indexAdd', index, length);
  if (src.size === 0) return;
  const splitsOuter = outer * 16 >= inner;
  const tasks = tasksFor(engine, 12 * src.size, splitsOuter ? outer : Math.ceil(inner / 16));
  const args = [
    ...[out.handle, index.handle, src.handle, dtypeNumber[out.dtype]],
    ...[outer, length, index.size, inner, tasks, splitsOuter ? 1 : 0],
  ];
  engine.run('indexAdd', args, tasks);
}
