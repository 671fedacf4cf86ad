import type { Distribution, Operand, RandomStream } from '../../tensor/backend.js';
import { type Engine, f32bits } from './engine.js';
import { tasksFor } from './threads/tasks.js';

/**
 * Elements that the kernel generates at a time; memory is rounded up to a multiple of them, so the kernel may write
 * beyond the last element.
 */
const group = 16;

const word = new Int32Array(2);
const double = new Float64Array(word.buffer);

/** `Backend.random` into float32 (uniform, normal) or int32 (integer). */
export function random(engine: Engine, out: Operand<number>, d: Distribution, { seed, counter }: RandomStream): void {
  const groups = Math.ceil(out.size / group);
  const tasks = tasksFor(engine, groups * 256, groups);
  const args = [
    ...[out.handle, groups, tasks, kinds[d.kind]],
    ...[seed, Math.floor(seed / 2 ** 32), counter, Math.floor(counter / 2 ** 32)],
    ...numbers(d),
  ];
  engine.run('random', args, tasks);
}

/** Numbers of the kinds in the kernel. */
const kinds = { uniform: 0, normal: 1, integer: 2 } as const;

function numbers(d: Distribution): number[] {
  if (d.kind === 'uniform') return [f32bits(d.low), f32bits(d.high - d.low)];
  if (d.kind === 'normal') return [f32bits(d.mean), f32bits(d.std)];
  double[0] = (d.high - d.low) / 2 ** 32;
  return [d.low, 0, word[0], word[1]];
}
