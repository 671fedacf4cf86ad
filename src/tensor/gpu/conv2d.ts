import type { Conv2dGeometry } from '../shape.js';
import type { GpuOperand } from './cell.js';
import { type Job, type Plan, temporary } from './job.js';
import { joinJobs, partsOf } from './reduce.js';
import { beginOutput, KernelSource, widthOf } from './source.js';

/**
 * out (B, O, oH, oW) = x * w + bias. Where oW divides by 4, a thread has four elements of a row in registers: each weight
 * is loaded once for the four, and each element of x once for all the columns of the kernel that meet it.
 */
export function conv2dJob(
  x: GpuOperand,
  w: GpuOperand,
  bias: GpuOperand | null,
  out: GpuOperand,
  g: Conv2dGeometry,
): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource(widthOf(out));
  const [n, o, oy, ox] = k.indices([g.batch, g.outChannels, g.outHeight, g.outWidth], beginOutput(k, out));
  const [group] = k.divide(o, filters);
  k.line(`const first = ${group} * ${channels};`);
  const sums = k.sums(bias ? k.element(bias, o) : '0');
  k.line(`for (let c = 0; c < ${channels}; c++) {`);
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const iy = ${oy} * ${g.strideY} - ${g.padY} + ky * ${g.dilationY};`);
  k.line(`if (iy >= 0 && iy < ${g.inHeight}) {`);
  k.line(`const weights = ((${o} * ${channels} + c) * ${g.kernelHeight} + ky) * ${g.kernelWidth};`);
  k.line(`const row = ((${n} * ${g.inChannels} + first + c) * ${g.inHeight} + iy) * ${g.inWidth};`);
  k.line(`const left = ${ox} * ${g.strideX} - ${g.padX};`);
  const load = rowLoader(k, x, g.inWidth, 'row', 'left');
  for (let kx = 0; kx < g.kernelWidth; kx++) {
    const weight = k.name('w');
    k.line(`const ${weight} = ${k.element(w, `weights + ${kx}`)};`);
    sums.forEach((sum, i) => {
      k.line(`${sum} = ${sum} + ${load(i * g.strideX + kx * g.dilationX)} * ${weight};`);
    });
  }
  k.line('} } }');
  k.give(sums);
  return { out, source: k };
}

/** dx: a thread for each input element, or four in a row at stride 1, collects dy of every output that it takes part in. */
export function conv2dInputGradJob(dy: GpuOperand, w: GpuOperand, dx: GpuOperand, g: Conv2dGeometry): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource(g.strideX === 1 ? widthOf(dx) : 1);
  const [n, c, iy, ix] = k.indices([g.batch, g.inChannels, g.inHeight, g.inWidth], beginOutput(k, dx));
  const [group, inner] = k.divide(c, channels);
  const sums = k.sums();
  k.line(`for (let f = 0; f < ${filters}; f++) {`);
  k.line(`const o = ${group} * ${filters} + f;`);
  k.line(`for (let ky = 0; ky < ${g.kernelHeight}; ky++) {`);
  k.line(`const ty = ${iy} + ${g.padY} - ky * ${g.dilationY};`);
  const [oy, restY] = k.divide('ty', g.strideY);
  k.line(`if (${restY} === 0 && ${oy} >= 0 && ${oy} < ${g.outHeight}) {`);
  k.line(`const weights = ((o * ${channels} + ${inner}) * ${g.kernelHeight} + ky) * ${g.kernelWidth};`);
  k.line(`const row = ((${n} * ${g.outChannels} + o) * ${g.outHeight} + ${oy}) * ${g.outWidth};`);
  if (g.strideX === 1) {
    k.line(`const left = ${ix} + ${g.padX};`);
    const load = rowLoader(k, dy, g.outWidth, 'row', 'left');
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      const weight = k.name('w');
      k.line(`const ${weight} = ${k.element(w, `weights + ${kx}`)};`);
      sums.forEach((sum, i) => {
        k.line(`${sum} = ${sum} + ${load(i - kx * g.dilationX)} * ${weight};`);
      });
    }
  } else {
    k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
    k.line(`const tx = ${ix} + ${g.padX} - kx * ${g.dilationX};`);
    const [ox, restX] = k.divide('tx', g.strideX);
    k.line(`if (${restX} === 0 && ${ox} >= 0 && ${ox} < ${g.outWidth}) {`);
    k.line(`${sums[0]} = ${sums[0]} + ${k.element(dy, `row + ${ox}`)} * ${k.element(w, 'weights + kx')};`);
    k.line('} }');
  }
  k.line('} } }');
  k.give(sums);
  return { out: dx, source: k };
}

/**
 * dw: a thread for each weight walks over images and positions; where weights are few and positions many, over a part of
 * the images, and the parts are added up afterwards. Four weights of one filter share the loads of dy.
 */
export function conv2dWeightGradPlan(x: GpuOperand, dy: GpuOperand, dw: GpuOperand, g: Conv2dGeometry): Plan {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const parts = Math.min(Math.max(1, g.batch), partsOf(dw.size, g.batch * g.outHeight * g.outWidth));
  const images = Math.ceil(g.batch / parts);
  const to = parts > 1 ? temporary(parts * dw.size) : dw;
  const perFilter = channels * g.kernelHeight * g.kernelWidth;
  const k = new KernelSource(perFilter % 4 === 0 ? widthOf(to) : 1);
  const [part, weight] = k.divide(beginOutput(k, to), dw.size);
  const [o, inFilter] = k.divide(weight, perFilter);
  const [group] = k.divide(o, filters);
  const sums = k.sums();
  const places = sums.map((_, i) => {
    k.line(`const f${i} = ${inFilter} + ${i};`);
    const [c, ky, kx] = k.indices([channels, g.kernelHeight, g.kernelWidth], `f${i}`);
    k.line(`const plane${i} = ${group} * ${channels} + ${c};`);
    return { ky, kx };
  });
  k.line(`for (let image = 0; image < ${images}; image++) {`);
  k.line(`const n = ${part} * ${images} + image;`);
  k.line(`if (n < ${g.batch}) {`);
  k.line(`for (let oy = 0; oy < ${g.outHeight}; oy++) {`);
  places.forEach(({ ky }, i) => {
    k.line(`const iy${i} = oy * ${g.strideY} - ${g.padY} + ${ky} * ${g.dilationY};`);
    k.line(`const row${i} = ((n * ${g.inChannels} + plane${i}) * ${g.inHeight} + iy${i}) * ${g.inWidth};`);
  });
  k.line(`for (let ox = 0; ox < ${g.outWidth}; ox++) {`);
  k.line(
    `const slope = ${k.element(dy, `((n * ${g.outChannels} + ${o}) * ${g.outHeight} + oy) * ${g.outWidth} + ox`)};`,
  );
  places.forEach(({ kx }, i) => {
    k.line(`const ix${i} = ox * ${g.strideX} - ${g.padX} + ${kx} * ${g.dilationX};`);
    k.line(`if (iy${i} >= 0 && iy${i} < ${g.inHeight} && ix${i} >= 0 && ix${i} < ${g.inWidth}) {`);
    k.line(`${sums[i]} = ${sums[i]} + ${k.element(x, `row${i} + ix${i}`)} * slope; }`);
  });
  k.line('} } } }');
  k.give(sums);
  const job = { out: to, source: k };
  if (parts === 1) return { stages: [[job]], temporaries: [] };
  const temporaries = [to];
  const joins = joinJobs('sum', to, parts, dw, temporaries);
  return { stages: [[job], ...joins.map((join) => [join])], temporaries };
}

/** Names of the elements of a row by their distance from `left`, each loaded once; outside of the row they are 0. */
function rowLoader(
  k: KernelSource,
  x: GpuOperand,
  width: number,
  row: string,
  left: string,
): (distance: number) => string {
  const names = new Map<number, string>();
  return (distance) => {
    let name = names.get(distance);
    if (name === undefined) {
      name = k.name('x');
      names.set(distance, name);
      const at = k.name('at');
      k.line(`const ${at} = ${left} + ${distance};`);
      k.line(`let ${name} = 0;`);
      k.line(`if (${at} >= 0 && ${at} < ${width}) { ${name} = ${k.element(x, `${row} + ${at}`)}; }`);
    }
    return name;
  };
}
