import type { Operand, Pool2dGeometry } from '../../tensor/backend.js';
import type { Engine } from './engine.js';
import { tasksFor } from './threads/tasks.js';

/** `Backend.maxPool2d` */
export function maxPool2d(
  engine: Engine,
  x: Operand<number>,
  out: Operand<number>,
  indices: Operand<number>,
  g: Pool2dGeometry,
): void {
  pool(engine, 'maxPool2d', [x, out, indices], g, g.planes * g.outHeight);
}

/** `Backend.avgPool2d` */
export function avgPool2d(engine: Engine, x: Operand<number>, out: Operand<number>, g: Pool2dGeometry): void {
  pool(engine, 'avgPool2d', [x, out, out], g, g.planes * g.outHeight);
}

/** `Backend.maxPool2dGrad` */
export function maxPool2dGrad(
  engine: Engine,
  dy: Operand<number>,
  indices: Operand<number>,
  dx: Operand<number>,
  g: Pool2dGeometry,
): void {
  pool(engine, 'maxPool2dGrad', [dx, dy, indices], g, g.planes);
}

/** `Backend.avgPool2dGrad` */
export function avgPool2dGrad(engine: Engine, dy: Operand<number>, dx: Operand<number>, g: Pool2dGeometry): void {
  pool(engine, 'avgPool2dGrad', [dx, dy, dy], g, g.planes);
}

function pool(
  engine: Engine,
  kernel: string,
  operands: readonly Operand<number>[],
  g: Pool2dGeometry,
  parts: number,
): void {
  const work = g.planes * (g.inHeight * g.inWidth * 4 + g.outHeight * g.outWidth * g.kernelHeight * g.kernelWidth * 4);
  const tasks = tasksFor(engine, work, parts);
  const args = [
    ...operands.map(({ handle }) => handle),
    ...[g.planes, g.inHeight, g.inWidth, g.outHeight, g.outWidth, g.kernelHeight, g.kernelWidth],
    ...[g.strideY, g.strideX, g.padY, g.padX, tasks],
  ];
  engine.run(kernel, args, tasks);
}
