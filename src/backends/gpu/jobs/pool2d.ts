import type { Pool2dGeometry } from '../../../tensor/geometry.js';
import type { GpuOperand } from '../cell.js';
import type { Job } from './job.js';
import { ifBeaten } from './scan.js';
import { beginOutput, KernelSource } from './source.js';

/** The largest element of each window, and where it is: two kernels. */
export function maxPool2dJobs(x: GpuOperand, out: GpuOperand, indices: GpuOperand, g: Pool2dGeometry): Job[] {
  return (['best', 'winner'] as const).map((result) => {
    const to = result === 'best' ? out : indices;
    const k = new KernelSource();
    const [plane, oy, ox] = k.indices([g.planes, g.outHeight, g.outWidth], beginOutput(k, to));
    k.line('let best = 0;');
    k.line('let winner = -1;');
    overWindow(k, g, oy, ox, () => {
      k.line(`const x = ${k.element(x, `(${plane} * ${g.inHeight} + iy) * ${g.inWidth} + ix`)};`);
      k.line(`if (winner < 0) { best = x; winner = iy * ${g.inWidth} + ix; }`);
      k.line(ifBeaten('max', 'best', 'x', `best = x; winner = iy * ${g.inWidth} + ix;`));
    });
    k.line(`return ${result};`);
    return { out: to, source: k };
  });
}

/** dx from dy and the indices of maxPool2d: a thread for each input element looks at all windows around it. */
export function maxPool2dGradJob(dy: GpuOperand, indices: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): Job {
  return gradient(dx, g, (k, at) => {
    k.line(`if (${k.element(indices, at)} === own) { sum = sum + ${k.element(dy, at)}; }`);
  });
}

/** Mean of each window, padding counted as zeros. */
export function avgPool2dJob(x: GpuOperand, out: GpuOperand, g: Pool2dGeometry): Job {
  const k = new KernelSource();
  const [plane, oy, ox] = k.indices([g.planes, g.outHeight, g.outWidth], beginOutput(k, out));
  k.line('let sum = 0;');
  overWindow(k, g, oy, ox, () => {
    k.line(`sum = sum + ${k.element(x, `(${plane} * ${g.inHeight} + iy) * ${g.inWidth} + ix`)};`);
  });
  k.line(`return sum / ${g.kernelHeight * g.kernelWidth};`);
  return { out, source: k };
}

/** dx: an equal share of dy of every window around the element. */
export function avgPool2dGradJob(dy: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): Job {
  return gradient(dx, g, (k, at) => {
    k.line(`sum = sum + ${k.element(dy, at)} / ${g.kernelHeight * g.kernelWidth};`);
  });
}

/** Runs `body` for every element (iy, ix) of a window that lies inside of the plane. */
function overWindow(k: KernelSource, g: Pool2dGeometry, oy: string, ox: string, body: () => void): void {
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const iy = ${oy} * ${g.strideY} - ${g.padY} + ky;`);
  k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
  k.line(`const ix = ${ox} * ${g.strideX} - ${g.padX} + kx;`);
  k.line(`if (iy >= 0 && iy < ${g.inHeight} && ix >= 0 && ix < ${g.inWidth}) {`);
  body();
  k.line('} } }');
}

/** A kernel over dx; `visit` adds what the window whose output lies at `at` gives to `sum` of the element `own`. */
function gradient(dx: GpuOperand, g: Pool2dGeometry, visit: (k: KernelSource, at: string) => void): Job {
  const k = new KernelSource();
  const [plane, iy, ix] = k.indices([g.planes, g.inHeight, g.inWidth], beginOutput(k, dx));
  k.line(`const own = ${iy} * ${g.inWidth} + ${ix};`);
  k.line('let sum = 0;');
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const ty = ${iy} + ${g.padY} - ky;`);
  const [oy, restY] = k.divide('ty', g.strideY);
  k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
  k.line(`const tx = ${ix} + ${g.padX} - kx;`);
  const [ox, restX] = k.divide('tx', g.strideX);
  k.line(
    `if (${restY} === 0 && ${restX} === 0 && ${oy} >= 0 && ${oy} < ${g.outHeight} && ${ox} >= 0 && ${ox} < ${g.outWidth}) {`,
  );
  visit(k, `(${plane} * ${g.outHeight} + ${oy}) * ${g.outWidth} + ${ox}`);
  k.line('} } }');
  k.line('return sum;');
  return { out: dx, source: k };
}
