import type { Conv2dGeometry } from '../../../tensor/backend.js';
import type { GpuOperand } from '../allocation.js';
import { divide, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput, vectorWidth } from '../source/output.js';
import { copyJob } from './copy.js';
import { type Job, type Plan, temporary } from './job.js';
import { rowLoader } from './row-loader.js';

/** The operands of a convolution. */
export interface Conv2dOperands {
  readonly x: GpuOperand;
  readonly w: GpuOperand;
  readonly bias: GpuOperand | null;
  readonly out: GpuOperand;
}

/**
 * out (B, O, oH, oW) = x * w + bias. If oW is divisible by 4, a thread accumulates four adjacent elements of a row:
 * each weight is loaded once for the four, and each element of x once for all columns of the kernel that use it.
 */
export function conv2dJob({ x, w, bias, out }: Conv2dOperands, g: Conv2dGeometry, vectors: boolean): Job {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const k = new KernelSource(vectorWidth(out));
  const shape = [g.batch, g.outChannels, g.outHeight, g.outWidth];
  const [n, o, oy, ox] = unravelIndex(k, shape, beginOutput(k, out));
  const [group] = divide(k, o, filters);
  const sums = k.accumulators(bias ? k.element(bias, o) : '0');
  k.const('base', `${ox} * ${g.strideX}`);
  k.const('top', `${oy} * ${g.strideY} - ${g.padY}`);
  k.const('first', `${n} * ${g.inChannels} + ${group} * ${channels}`);
  const start = `${o} * ${channels * g.kernelHeight * g.kernelWidth}`;
  overKernelRows(k, { w, start, planes: channels, vectors }, g, (plane, ky, weightAt) => {
    const iy = k.define('iy', `top + ${ky} * ${g.dilationY}`);
    k.when(`${iy} >= 0 && ${iy} < ${g.inHeight}`, () => {
      k.const('row', `((first + ${plane}) * ${g.inHeight} + ${iy}) * ${g.inWidth}`);
      const row = { x, width: g.inWidth, start: 'row' };
      const addProducts = (load: (distance: number) => string, kx: number, weight: string) => {
        sums.forEach((sum, i) => {
          k.add(sum, `${load(i * g.strideX + kx * g.dilationX - g.padX)} * ${weight}`);
        });
      };
      if (g.kernelWidth > maxUnrolledColumns) {
        k.loop('kx', g.kernelWidth, (kx) => {
          const load = rowLoader(k, { ...row, base: `base + ${kx} * ${g.dilationX}`, aligned: false });
          addProducts(load, 0, weightAt(kx));
        });
        return;
      }
      const load = rowLoader(k, { ...row, base: 'base', aligned: k.width === 4 });
      for (let kx = 0; kx < g.kernelWidth; kx++) addProducts(load, kx, weightAt(kx));
    });
  });
  k.return(sums);
  return { out, source: k };
}

/** The operands of the gradient of a convolution with respect to its input. */
export interface Conv2dInputGradOperands {
  readonly dy: GpuOperand;
  readonly w: GpuOperand;
  readonly dx: GpuOperand;
}

/**
 * Computes dx. A thread computes one input element, or four adjacent ones, and sums over the outputs to which the
 * element contributes. If the stride divides four, four adjacent elements use the same columns of the kernel
 * everywhere. The weights are transposed so that the input channel comes first and the weights of a thread are
 * adjacent.
 */
export function conv2dInputGradPlan({ dy, w, dx }: Conv2dInputGradOperands, g: Conv2dGeometry, vectors: boolean): Plan {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const taps = g.kernelHeight * g.kernelWidth;
  const transposed = temporary(w.size);
  const walk = {
    shape: [g.groups, channels, filters, taps],
    fromOffset: 0,
    fromStrides: [filters * channels * taps, taps, channels * taps, 1],
    toOffset: 0,
    toStrides: [channels * filters * taps, filters * taps, taps, 1],
  };
  const transpose = copyJob(w, transposed, walk, vectors);
  const unrolled = 4 % g.strideX === 0 && g.kernelWidth <= maxUnrolledColumns && vectorWidth(dx) === 4;
  const k = new KernelSource(unrolled ? 4 : 1);
  const shape = [g.batch, g.inChannels, g.inHeight, g.inWidth];
  const [n, c, iy, ix] = unravelIndex(k, shape, beginOutput(k, dx));
  const [group] = divide(k, c, channels);
  const sums = k.accumulators();
  k.const('base', `${ix} * ${1 / g.strideX}`);
  k.const('first', `${n} * ${g.outChannels} + ${group} * ${filters}`);
  const kernel = { w: transposed, start: `${c} * ${filters * taps}`, planes: filters, vectors };
  overKernelRows(k, kernel, g, (plane, ky, weightAt) => {
    const [oy, restY] = divide(k, `(${iy} + ${g.padY} - ${ky} * ${g.dilationY})`, g.strideY);
    k.when(`${restY} === 0 && ${oy} >= 0 && ${oy} < ${g.outHeight}`, () => {
      k.const('row', `((first + ${plane}) * ${g.outHeight} + ${oy}) * ${g.outWidth}`);
      if (unrolled) {
        const aligned = g.strideX === 1;
        const load = rowLoader(k, { x: dy, width: g.outWidth, start: 'row', base: 'base', aligned });
        for (let kx = 0; kx < g.kernelWidth; kx++) {
          const distances = sums.map((_, i) => (i + g.padX - kx * g.dilationX) / g.strideX);
          if (!distances.some(Number.isInteger)) continue;
          const weight = weightAt(kx);
          distances.forEach((distance, i) => {
            if (Number.isInteger(distance)) k.add(sums[i], `${load(distance)} * ${weight}`);
          });
        }
        return;
      }
      k.loop('kx', g.kernelWidth, (kx) => {
        const [ox, restX] = divide(k, `(${ix} + ${g.padX} - ${kx} * ${g.dilationX})`, g.strideX);
        k.when(`${restX} === 0 && ${ox} >= 0 && ${ox} < ${g.outWidth}`, () => {
          k.add(sums[0], `${k.element(dy, `row + ${ox}`)} * ${weightAt(kx)}`);
        });
      });
    });
  });
  k.return(sums);
  return { stages: [transpose ? [transpose] : [], [{ out: dx, source: k }]], temporaries: [transposed] };
}

/** Kernels with at most this many columns are unrolled over them. */
const maxUnrolledColumns = 16;

/** Kernels with at most this many weights in a plane are unrolled over four planes. */
const maxUnrolledTaps = 16;

/** The weights that a thread uses: some planes of a kernel, which are adjacent. */
interface KernelPlanes {
  readonly w: GpuOperand;
  /** The index of the first weight. */
  readonly start: string;
  readonly planes: number;
  /** Whether the device loads vectors of four. */
  readonly vectors: boolean;
}

/**
 * Loops over the planes and the rows of a kernel; `visit` is called with a plane, a row, and a function that returns
 * the name of a weight in it. If the device loads vectors and a thread has four elements, four planes are unrolled, so
 * that their weights can be loaded in fours; otherwise that would only take longer to compile.
 */
function overKernelRows(
  k: KernelSource,
  { w, start, planes, vectors }: KernelPlanes,
  { kernelHeight: height, kernelWidth: width }: Conv2dGeometry,
  visit: (plane: string, ky: string, weightAt: (kx: number | string) => string) => void,
): void {
  if (!(vectors && k.width === 4 && planes % 4 === 0 && height * width <= maxUnrolledTaps)) {
    k.loop('plane', planes, (plane) => {
      k.loop('ky', height, (ky) => {
        const weights = k.const('weights', `${start} + (${plane} * ${height} + ${ky}) * ${width}`);
        visit(plane, ky, (kx) => k.load(w, `${weights} + ${kx}`, 1, false)[0]);
      });
    });
    return;
  }
  k.loop('turn', planes / 4, (turn) => {
    const weights = k.const('weights', `${start} + ${turn} * ${4 * height * width}`);
    const loaded = new Map<number, (i: number) => string>();
    const weight = (at: number): string => {
      const first = at - (at % 4);
      const vector = loaded.get(first) ?? k.vector(w, `${weights} + ${first}`);
      loaded.set(first, vector);
      return vector(at - first);
    };
    for (let i = 0; i < 4; i++) {
      const plane = k.const(`plane${i}`, `${turn} * 4 + ${i}`);
      for (let ky = 0; ky < height; ky++) {
        // outside the condition around a row, since a vector may also contain the first weights of the next row
        const row = Array.from({ length: width }, (_, kx) => weight((i * height + ky) * width + kx));
        visit(plane, String(ky), (kx) => row[Number(kx)]);
      }
    }
  });
}
