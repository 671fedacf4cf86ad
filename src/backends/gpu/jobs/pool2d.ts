import type { Pool2dGeometry } from '../../../tensor/backend.js';
import type { GpuOperand } from '../allocation.js';
import { divide, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput } from '../source/output.js';
import type { Job } from './job.js';
import { whenBetter } from './scan.js';

/** The largest element of each window, and its index in the plane: two kernels. */
export function maxPool2dJobs(x: GpuOperand, out: GpuOperand, indices: GpuOperand, g: Pool2dGeometry): Job[] {
  return (['best', 'winner'] as const).map((result) => {
    const to = result === 'best' ? out : indices;
    const k = new KernelSource();
    const [plane, oy, ox] = unravelIndex(k, [g.planes, g.outHeight, g.outWidth], beginOutput(k, to));
    k.let('best', '0');
    k.let('winner', '-1');
    overWindow(k, g, oy, ox, () => {
      k.const('x', k.element(x, `(${plane} * ${g.inHeight} + iy) * ${g.inWidth} + ix`));
      const take = () => {
        k.set('best', 'x');
        k.set('winner', `iy * ${g.inWidth} + ix`);
      };
      k.when('winner < 0', take);
      whenBetter(k, 'max', 'x', 'best', take);
    });
    k.return(result);
    return { out: to, source: k };
  });
}

/**
 * Computes dx from dy and the indices of maxPool2d: the thread of each input element visits the windows that contain
 * it.
 */
export function maxPool2dGradJob(dy: GpuOperand, indices: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): Job {
  return gradientJob(dx, g, (k, at) => {
    k.when(`${k.element(indices, at)} === own`, () => k.add('sum', k.element(dy, at)));
  });
}

/** Mean of each window, where padding counts as zeros. */
export function avgPool2dJob(x: GpuOperand, out: GpuOperand, g: Pool2dGeometry): Job {
  const k = new KernelSource();
  const [plane, oy, ox] = unravelIndex(k, [g.planes, g.outHeight, g.outWidth], beginOutput(k, out));
  k.let('sum', '0');
  overWindow(k, g, oy, ox, () => {
    k.add('sum', k.element(x, `(${plane} * ${g.inHeight} + iy) * ${g.inWidth} + ix`));
  });
  k.return(`sum / ${g.kernelHeight * g.kernelWidth}`);
  return { out, source: k };
}

/** Computes dx: each element receives an equal share of dy of every window that contains it. */
export function avgPool2dGradJob(dy: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): Job {
  return gradientJob(dx, g, (k, at) => k.add('sum', `${k.element(dy, at)} / ${g.kernelHeight * g.kernelWidth}`));
}

/** Runs `body` for every element (iy, ix) of the window of output (oy, ox) that is not padding. */
function overWindow(k: KernelSource, g: Pool2dGeometry, oy: string, ox: string, body: () => void): void {
  k.loop('ky', g.kernelHeight, (ky) => {
    k.const('iy', `${oy} * ${g.strideY} - ${g.padY} + ${ky}`);
    k.loop('kx', g.kernelWidth, (kx) => {
      k.const('ix', `${ox} * ${g.strideX} - ${g.padX} + ${kx}`);
      k.when(`iy >= 0 && iy < ${g.inHeight} && ix >= 0 && ix < ${g.inWidth}`, body);
    });
  });
}

/**
 * A kernel over dx. For every window that contains the element, `visit` adds the contribution of the output at index
 * `at` to `sum`; `own` is the index of the element in the plane.
 */
function gradientJob(dx: GpuOperand, g: Pool2dGeometry, visit: (k: KernelSource, at: string) => void): Job {
  const k = new KernelSource();
  const [plane, iy, ix] = unravelIndex(k, [g.planes, g.inHeight, g.inWidth], beginOutput(k, dx));
  k.const('own', `${iy} * ${g.inWidth} + ${ix}`);
  k.let('sum', '0');
  k.loop('ky', g.kernelHeight, (ky) => {
    const [oy, restY] = divide(k, k.const('ty', `${iy} + ${g.padY} - ${ky}`), g.strideY);
    k.loop('kx', g.kernelWidth, (kx) => {
      const [ox, restX] = divide(k, k.const('tx', `${ix} + ${g.padX} - ${kx}`), g.strideX);
      const even = `${restY} === 0 && ${restX} === 0`;
      const inside = `${oy} >= 0 && ${oy} < ${g.outHeight} && ${ox} >= 0 && ${ox} < ${g.outWidth}`;
      k.when(`${even} && ${inside}`, () => visit(k, `(${plane} * ${g.outHeight} + ${oy}) * ${g.outWidth} + ${ox}`));
    });
  });
  k.return('sum');
  return { out: dx, source: k };
}
