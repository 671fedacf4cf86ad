import type { Conv2dGeometry } from '../shape.js';
import type { GpuOperand } from './cell.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource } from './source.js';

/** out (B, O, oH, oW) = x * w + bias: a thread for each element of out. */
export function conv2dJob(
  x: GpuOperand,
  w: GpuOperand,
  bias: GpuOperand | null,
  out: GpuOperand,
  g: Conv2dGeometry,
): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource();
  const [n, o, oy, ox] = k.indices([g.batch, g.outChannels, g.outHeight, g.outWidth], beginOutput(k, out));
  k.line(`const first = Math.floor(${o} / ${filters}) * ${channels};`);
  k.line(`let sum = ${bias ? k.element(bias, o) : '0'};`);
  k.line(`for (let c = 0; c < ${channels}; c++) {`);
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const iy = ${oy} * ${g.strideY} - ${g.padY} + ky * ${g.dilationY};`);
  k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
  k.line(`const ix = ${ox} * ${g.strideX} - ${g.padX} + kx * ${g.dilationX};`);
  k.line(`if (iy >= 0 && iy < ${g.inHeight} && ix >= 0 && ix < ${g.inWidth}) {`);
  const from = k.element(x, `((${n} * ${g.inChannels} + first + c) * ${g.inHeight} + iy) * ${g.inWidth} + ix`);
  const weight = k.element(w, `((${o} * ${channels} + c) * ${g.kernelHeight} + ky) * ${g.kernelWidth} + kx`);
  k.line(`sum = sum + ${from} * ${weight};`);
  k.line('} } } }');
  k.line('return sum;');
  return { out, source: k };
}

/** dx: a thread for each input element, which collects dy of every output that it takes part in. */
export function conv2dInputGradJob(dy: GpuOperand, w: GpuOperand, dx: GpuOperand, g: Conv2dGeometry): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource();
  const [n, c, iy, ix] = k.indices([g.batch, g.inChannels, g.inHeight, g.inWidth], beginOutput(k, dx));
  k.line(`const group = Math.floor(${c} / ${channels});`);
  k.line(`const inner = ${c} - group * ${channels};`);
  k.line('let sum = 0;');
  k.line(`for (let f = 0; f < ${filters}; f++) {`);
  k.line(`const o = group * ${filters} + f;`);
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const ty = ${iy} + ${g.padY} - ky * ${g.dilationY};`);
  k.line(`const oy = Math.floor(ty / ${g.strideY});`);
  k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
  k.line(`const tx = ${ix} + ${g.padX} - kx * ${g.dilationX};`);
  k.line(`const ox = Math.floor(tx / ${g.strideX});`);
  k.line(
    `if (oy * ${g.strideY} === ty && ox * ${g.strideX} === tx && oy >= 0 && oy < ${g.outHeight} && ox >= 0 && ox < ${g.outWidth}) {`,
  );
  const from = k.element(dy, `((${n} * ${g.outChannels} + o) * ${g.outHeight} + oy) * ${g.outWidth} + ox`);
  const weight = k.element(w, `((o * ${channels} + inner) * ${g.kernelHeight} + ky) * ${g.kernelWidth} + kx`);
  k.line(`sum = sum + ${from} * ${weight};`);
  k.line('} } } }');
  k.line('return sum;');
  return { out: dx, source: k };
}

/** dw: a thread for each weight, which walks over all images and positions. */
export function conv2dWeightGradJob(x: GpuOperand, dy: GpuOperand, dw: GpuOperand, g: Conv2dGeometry): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource();
  const [o, c, ky, kx] = k.indices([g.outChannels, channels, g.kernelHeight, g.kernelWidth], beginOutput(k, dw));
  k.line(`const channel = Math.floor(${o} / ${filters}) * ${channels} + ${c};`);
  k.line('let sum = 0;');
  k.line(`for (let n = 0; n < ${g.batch}; n++) {`);
  k.line(`for (let oy = 0; oy < ${g.outHeight}; oy++) {`);
  k.line(`const iy = oy * ${g.strideY} - ${g.padY} + ${ky} * ${g.dilationY};`);
  k.line(`for (let ox = 0; ox < ${g.outWidth}; ox++) {`);
  k.line(`const ix = ox * ${g.strideX} - ${g.padX} + ${kx} * ${g.dilationX};`);
  k.line(`if (iy >= 0 && iy < ${g.inHeight} && ix >= 0 && ix < ${g.inWidth}) {`);
  const from = k.element(x, `((n * ${g.inChannels} + channel) * ${g.inHeight} + iy) * ${g.inWidth} + ix`);
  const slope = k.element(dy, `((n * ${g.outChannels} + ${o}) * ${g.outHeight} + oy) * ${g.outWidth} + ox`);
  k.line(`sum = sum + ${from} * ${slope};`);
  k.line('} } } }');
  k.line('return sum;');
  return { out: dw, source: k };
}
