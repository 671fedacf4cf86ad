import type { Conv2dGeometry } from '../../../tensor/geometry.js';
import type { GpuOperand } from '../cell.js';
import { rowLoader } from './conv2d-row.js';
import { copyJob } from './copy.js';
import { type Job, type Plan, temporary } from './job.js';
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
  vectors: boolean,
): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource(widthOf(out));
  const [n, o, oy, ox] = k.indices([g.batch, g.outChannels, g.outHeight, g.outWidth], beginOutput(k, out));
  const [group] = k.divide(o, filters);
  const sums = k.sums(bias ? k.element(bias, o) : '0');
  k.line(`const base = ${ox} * ${g.strideX};`);
  k.line(`const top = ${oy} * ${g.strideY} - ${g.padY};`);
  k.line(`const first = ${n} * ${g.inChannels} + ${group} * ${channels};`);
  overTaps(k, w, `${o} * ${channels * g.kernelHeight * g.kernelWidth}`, channels, g, vectors, (plane, ky, weightAt) => {
    const iy = k.name('iy');
    k.line(`const ${iy} = top + ${ky} * ${g.dilationY};`);
    k.line(`if (${iy} >= 0 && ${iy} < ${g.inHeight}) {`);
    k.line(`const row = ((first + ${plane}) * ${g.inHeight} + ${iy}) * ${g.inWidth};`);
    const long = g.kernelWidth > mostColumns;
    if (long) k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
    const load = rowLoader(
      k,
      x,
      g.inWidth,
      'row',
      long ? `base + kx * ${g.dilationX}` : 'base',
      !long && k.width === 4,
    );
    for (let kx = 0; kx < (long ? 1 : g.kernelWidth); kx++) {
      const weight = weightAt(long ? 'kx' : kx);
      sums.forEach((sum, i) => {
        k.line(`${sum} = ${sum} + ${load(i * g.strideX + kx * g.dilationX - g.padX)} * ${weight};`);
      });
    }
    k.line(long ? '} }' : '}');
  });
  k.give(sums);
  return { out, source: k };
}

/**
 * dx: a thread for each input element, or four in a row, collects dy of every output that it takes part in. Four in a
 * row meet the same columns of the kernel everywhere if the stride divides four. The weights are laid out by input
 * channel first, so that those of a thread lie together.
 */
export function conv2dInputGradPlan(
  dy: GpuOperand,
  w: GpuOperand,
  dx: GpuOperand,
  g: Conv2dGeometry,
  vectors: boolean,
): Plan {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const taps = g.kernelHeight * g.kernelWidth;
  const turned = temporary(w.size);
  const walk = {
    shape: [g.groups, channels, filters, taps],
    fromOffset: 0,
    fromStrides: [filters * channels * taps, taps, channels * taps, 1],
    toOffset: 0,
    toStrides: [channels * filters * taps, filters * taps, taps, 1],
  };
  const turn = copyJob(w, turned, walk, vectors);
  const even = 4 % g.strideX === 0 && g.kernelWidth <= mostColumns && widthOf(dx) === 4;
  const k = new KernelSource(even ? 4 : 1);
  const [n, c, iy, ix] = k.indices([g.batch, g.inChannels, g.inHeight, g.inWidth], beginOutput(k, dx));
  const [group] = k.divide(c, channels);
  const sums = k.sums();
  k.line(`const base = ${ix} * ${1 / g.strideX};`);
  k.line(`const first = ${n} * ${g.outChannels} + ${group} * ${filters};`);
  overTaps(k, turned, `${c} * ${filters * taps}`, filters, g, vectors, (plane, ky, weightAt) => {
    const [oy, rest] = k.divide(`(${iy} + ${g.padY} - ${ky} * ${g.dilationY})`, g.strideY);
    k.line(`if (${rest} === 0 && ${oy} >= 0 && ${oy} < ${g.outHeight}) {`);
    k.line(`const row = ((first + ${plane}) * ${g.outHeight} + ${oy}) * ${g.outWidth};`);
    const load = rowLoader(k, dy, g.outWidth, 'row', 'base', g.strideX === 1);
    if (even) {
      for (let kx = 0; kx < g.kernelWidth; kx++) {
        const meets = sums.map((_, i) => (i + g.padX - kx * g.dilationX) / g.strideX);
        if (!meets.some(Number.isInteger)) continue;
        const weight = weightAt(kx);
        meets.forEach((distance, i) => {
          if (Number.isInteger(distance)) k.line(`${sums[i]} = ${sums[i]} + ${load(distance)} * ${weight};`);
        });
      }
    } else {
      k.line(`for (let kx = 0; kx < ${g.kernelWidth}; kx++) {`);
      const [ox, restX] = k.divide(`(${ix} + ${g.padX} - kx * ${g.dilationX})`, g.strideX);
      k.line(`if (${restX} === 0 && ${ox} >= 0 && ${ox} < ${g.outWidth}) {`);
      k.line(`${sums[0]} = ${sums[0]} + ${k.element(dy, `row + ${ox}`)} * ${weightAt('kx')};`);
      k.line('} }');
    }
    k.line('}');
  });
  k.give(sums);
  return { stages: [turn ? [turn] : [], [{ out: dx, source: k }]], temporaries: [turned] };
}

/** The most columns of a kernel that are unrolled. */
const mostColumns = 16;

/** The most weights of a plane for which four planes are unrolled. */
const fewTaps = 16;

/**
 * Loops over `planes` and the rows of the kernel; `meet` gets a row, and what names its weights, which follow each other
 * from `start` on. Where `vectors` pay and a thread has four elements, four planes are unrolled, whose weights can be
 * loaded in fours; elsewhere that gains nothing and takes long to compile.
 */
function overTaps(
  k: KernelSource,
  w: GpuOperand,
  start: string,
  planes: number,
  { kernelHeight: height, kernelWidth: width }: Conv2dGeometry,
  vectors: boolean,
  meet: (plane: string, ky: string, weightAt: (kx: number | string) => string) => void,
): void {
  if (!(vectors && k.width === 4 && planes % 4 === 0 && height * width <= fewTaps)) {
    k.line(`for (let plane = 0; plane < ${planes}; plane++) {`);
    k.line(`for (let ky = 0; ky < ${height}; ky++) {`);
    k.line(`const weights = ${start} + (plane * ${height} + ky) * ${width};`);
    meet('plane', 'ky', (kx) => k.row(w, `weights + ${kx}`, 1, false)[0]);
    k.line('} }');
    return;
  }
  k.line(`for (let turn = 0; turn < ${planes / 4}; turn++) {`);
  k.line(`const weights = ${start} + turn * ${4 * height * width};`);
  const loaded = new Map<number, (i: number) => string>();
  const weight = (at: number): string => {
    const first = at - (at % 4);
    const quad = loaded.get(first) ?? k.quad(w, `weights + ${first}`);
    loaded.set(first, quad);
    return quad(at - first);
  };
  for (let i = 0; i < 4; i++) {
    k.line(`const plane${i} = turn * 4 + ${i};`);
    for (let ky = 0; ky < height; ky++) {
      // before the row, for its last four may be the first of the next
      const row = Array.from({ length: width }, (_, kx) => weight((i * height + ky) * width + kx));
      meet(`plane${i}`, String(ky), (kx) => row[Number(kx)]);
    }
  }
  k.line('}');
}
