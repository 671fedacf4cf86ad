import { bytesOf } from '../../dtype.js';
import type { Operand, StridedCopy } from '../../tensor/backend.js';
import type { Engine } from './engine.js';
import { tasksFor } from './threads/tasks.js';

/** One axis of a walk; strides in bytes. */
interface Axis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Kinds of walks by their last one or two axes, numbered as in kernels/copy.ts. */
const kinds = { rows: 0, fill: 1, transpose: 2, strided: 3 } as const;

/** `Backend.copy`: finds the fewest axes that describe the walk, and the kernel for the innermost ones. */
export function copy(engine: Engine, x: Operand<number>, out: Operand<number>, walk: StridedCopy): void {
  if (walk.shape.includes(0)) return;
  const bytes = bytesOf(x.dtype);
  const { axes, kind } = arrange(mergedAxes(walk, bytes), bytes);
  const elements = axes.reduce((product, { length }) => product * length, 1);
  const work = elements * (kind === kinds.strided ? 8 : 2 * bytes);
  const split = splitAxis(axes, tasksFor(engine, work, elements));
  const tasks = tasksFor(engine, work, axes[split].length);
  const args = [
    x.handle + walk.fromOffset * bytes,
    out.handle + walk.toOffset * bytes,
    ...[kind, bytes, axes.length, split, tasks],
    ...axes.map(({ length }) => length),
    ...axes.map(({ from }) => from),
    ...axes.map(({ to }) => to),
  ];
  engine.run('copy', args, tasks);
}

/**
 * The axes from the longest stride in the target to the shortest. Neighbouring axes that one stride describes are
 * merged.
 */
function mergedAxes({ shape, fromStrides, toStrides }: StridedCopy, bytes: number): Axis[] {
  const axes = shape
    .map((length, i) => ({ length, from: fromStrides[i] * bytes, to: toStrides[i] * bytes }))
    .filter(({ length }) => length > 1)
    .sort((a, b) => Math.abs(b.to) - Math.abs(a.to) || Math.abs(b.from) - Math.abs(a.from));
  const merged: Axis[] = [];
  for (const axis of axes) {
    const before = merged.at(-1);
    if (before && before.from === axis.from * axis.length && before.to === axis.to * axis.length) {
      merged[merged.length - 1] = { ...axis, length: before.length * axis.length };
    } else merged.push(axis);
  }
  return merged.length > 0 ? merged : [{ length: 1, from: bytes, to: bytes }];
}

/** Chooses the kernel, and makes the axis along which a transposition reads the last but one. */
function arrange(axes: Axis[], bytes: number): { axes: Axis[]; kind: number } {
  const last = axes[axes.length - 1];
  if (last.to !== bytes) return { axes, kind: kinds.strided };
  if (last.from === bytes) return { axes, kind: kinds.rows };
  if (last.from === 0) return { axes, kind: kinds.fill };
  const unit = axes.findIndex(({ from }) => from === bytes);
  if (unit < 0 || bytes !== 4 || axes[unit].length < 4 || last.length < 4) return { axes, kind: kinds.strided };
  const others = axes.filter((_, i) => i !== unit && i !== axes.length - 1);
  return { axes: [...others, axes[unit], last], kind: kinds.transpose };
}

/** The outermost axis that is long enough to split into the tasks, or else the longest axis. */
function splitAxis(axes: readonly Axis[], tasks: number): number {
  const enough = axes.findIndex(({ length }) => length >= tasks);
  if (enough >= 0) return enough;
  const longest = Math.max(...axes.map(({ length }) => length));
  return axes.findIndex(({ length }) => length === longest);
}
