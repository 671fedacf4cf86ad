import type { Conv2dGeometry } from '../../../tensor/backend.js';
import type { GpuOperand } from '../allocation.js';
import { maxElements } from '../device/limits.js';
import { divide, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput } from '../source/output.js';
import { type Plan, temporary } from './job.js';
import { combinePlan, partCount } from './reduce.js';
import { rowLoader } from './row-loader.js';

/**
 * Computes dw. A thread computes up to four weights, which share the loads of dy, and sums over images and positions.
 * If there are few weights and many positions, it sums over a part of the images, and the parts are added afterwards.
 * The four weights are adjacent in a row of the kernel, or in adjacent channels if the kernel is 1x1. Rows of the
 * kernel are padded to a multiple of four; the padding is dropped when the parts are added.
 */
export function conv2dWeightGradPlan(
  { x, dy, dw }: { readonly x: GpuOperand; readonly dy: GpuOperand; readonly dw: GpuOperand },
  g: Conv2dGeometry,
): Plan {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const acrossChannels = g.kernelWidth === 1 && g.kernelHeight === 1 && channels % 4 === 0;
  const paddedWidth = acrossChannels ? 1 : Math.ceil(g.kernelWidth / 4) * 4;
  const rows = dw.size / g.kernelWidth;
  // if the padded rows are too large for a tensor, a thread computes a single weight
  const width = rows * paddedWidth <= maxElements ? 4 : 1;
  const columns = width === 4 ? paddedWidth : g.kernelWidth;
  const padded = rows * columns;
  const wanted = Math.min(g.batch, partCount(dw.size, g.batch * g.outHeight * g.outWidth));
  const parts = Math.max(1, Math.min(wanted, Math.floor(maxElements / padded)));
  const images = Math.ceil(g.batch / parts);
  const direct = parts === 1 && padded === dw.size;
  const to = direct ? dw : temporary(parts * padded);
  const k = new KernelSource(width);
  const [part, place] = divide(k, beginOutput(k, to), padded);
  const [o, c, ky, kx] = unravelIndex(k, [g.outChannels, channels, g.kernelHeight, columns], place);
  const [group] = divide(k, o, filters);
  const sums = k.accumulators();
  k.const('plane', `${group} * ${channels} + ${c}`);
  const positions = g.outWidth % 4 === 0 ? 4 : 1;

  /** Adds the products of `positions` elements of a row of dy, from the column `ox` on. */
  const addProducts = (ox: string) => {
    const slopes = k.load(dy, `above + ${ox}`, positions, positions === 4);
    // if a thread has four weights, the column of the first is divisible by four
    k.const('base', `${ox} * ${g.strideX} + ${kx} * ${g.dilationX}`);
    const aligned = positions === 4 && width === 4;
    const loads = (acrossChannels ? sums : ['']).map((_, i) => {
      k.const(`row${i}`, `((n * ${g.inChannels} + plane + ${i}) * ${g.inHeight} + iy) * ${g.inWidth}`);
      return rowLoader(k, { x, width: g.inWidth, start: `row${i}`, base: 'base', aligned });
    });
    slopes.forEach((slope, position) => {
      sums.slice(0, acrossChannels ? 4 : g.kernelWidth).forEach((sum, i) => {
        const distance = position * g.strideX - g.padX;
        k.add(sum, `${slope} * ${acrossChannels ? loads[i](distance) : loads[0](distance + i * g.dilationX)}`);
      });
    });
  };
  k.loop('image', images, (image) => {
    k.const('n', `${part} * ${images} + ${image}`);
    k.when(`n < ${g.batch}`, () => {
      k.loop('oy', g.outHeight, (oy) => {
        k.const('iy', `${oy} * ${g.strideY} - ${g.padY} + ${ky} * ${g.dilationY}`);
        k.when(`iy >= 0 && iy < ${g.inHeight}`, () => {
          k.const('above', `((n * ${g.outChannels} + ${o}) * ${g.outHeight} + ${oy}) * ${g.outWidth}`);
          k.loop('turn', g.outWidth / positions, (turn) => addProducts(k.const('ox', `${turn} * ${positions}`)));
        });
      });
    });
  });
  k.return(sums);
  const stage = [{ out: to, source: k }];
  if (direct) return { stages: [stage], temporaries: [] };
  const rest = combinePlan('sum', { from: to, parts, out: dw, row: { length: g.kernelWidth, padded: columns } });
  return { stages: [stage, ...rest.stages], temporaries: [to, ...rest.temporaries] };
}
