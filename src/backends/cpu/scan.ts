import type { Operand } from '../../tensor/backend.js';
import { numel } from '../../tensor/shape.js';
import type { Engine } from './engine.js';
import { dtypeNumber } from './gather.js';
import { tasksFor } from './threads/tasks.js';

/** `Backend.argReduce` */
export function argReduce(
  engine: Engine,
  kind: 'max' | 'min',
  x: Operand<number>,
  out: Operand<number>,
  axis: number,
): void {
  alongAxis(engine, { kernel: 'argReduce', flag: kind === 'min' }, x, out, axis);
}

/** `Backend.cumsum` */
export function cumsum(engine: Engine, x: Operand<number>, out: Operand<number>, axis: number, reverse: boolean): void {
  alongAxis(engine, { kernel: 'cumsum', flag: reverse }, x, out, axis);
}

function alongAxis(
  engine: Engine,
  { kernel, flag }: { readonly kernel: string; readonly flag: boolean },
  x: Operand<number>,
  out: Operand<number>,
  axis: number,
): void {
  if (x.size === 0) return;
  const length = x.shape[axis];
  const inner = numel(x.shape.slice(axis + 1));
  const columns = x.size / length;
  const tasks = tasksFor(engine, 8 * x.size, columns);
  const args = [x.handle, out.handle, dtypeNumber[x.dtype], length, inner, columns, tasks, flag ? 1 : 0];
  engine.run(kernel, args, tasks);
}
