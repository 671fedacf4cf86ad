import type { Conv2dGeometry } from '../../../tensor/geometry.js';
import type { GpuOperand } from '../cell.js';
import { mostElements } from '../device/limits.js';
import { rowLoader } from './conv2d-row.js';
import { type Plan, temporary } from './job.js';
import { joinJobs, partsOf } from './reduce.js';
import { beginOutput, KernelSource } from './source.js';

/**
 * dw: a thread for up to four weights, which share the loads of dy, walks over images and positions; where weights are
 * few and positions many, over a part of the images. The four are side by side in a row of the kernel, or channels if
 * rows have a single weight. Parts are added up afterwards, and the gaps behind shorter rows left out.
 */
export function conv2dWeightGradPlan(x: GpuOperand, dy: GpuOperand, dw: GpuOperand, g: Conv2dGeometry): Plan {
  const [channels, filters] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const acrossChannels = g.kernelWidth === 1 && g.kernelHeight === 1 && channels % 4 === 0;
  const inFours = acrossChannels ? 1 : Math.ceil(g.kernelWidth / 4) * 4;
  const rows = dw.size / g.kernelWidth;
  // where the gaps would not fit, a thread has a single weight
  const width = rows * inFours <= mostElements ? 4 : 1;
  const columns = width === 4 ? inFours : g.kernelWidth;
  const padded = rows * columns;
  const wanted = Math.min(g.batch, partsOf(dw.size, g.batch * g.outHeight * g.outWidth));
  const parts = Math.max(1, Math.min(wanted, Math.floor(mostElements / padded)));
  const images = Math.ceil(g.batch / parts);
  const direct = parts === 1 && padded === dw.size;
  const to = direct ? dw : temporary(parts * padded);
  const k = new KernelSource(width);
  const [part, place] = k.divide(beginOutput(k, to), padded);
  const shape = [g.outChannels, channels, g.kernelHeight, columns];
  const [o, c, ky, kx] = k.indices(shape, place);
  const [group] = k.divide(o, filters);
  const sums = k.sums();
  k.line(`const plane = ${group} * ${channels} + ${c};`);
  k.line(`for (let image = 0; image < ${images}; image++) {`);
  k.line(`const n = ${part} * ${images} + image;`);
  k.line(`if (n < ${g.batch}) {`);
  k.line(`for (let oy = 0; oy < ${g.outHeight}; oy++) {`);
  k.line(`const iy = oy * ${g.strideY} - ${g.padY} + ${ky} * ${g.dilationY};`);
  k.line(`if (iy >= 0 && iy < ${g.inHeight}) {`);
  k.line(`const above = ((n * ${g.outChannels} + ${o}) * ${g.outHeight} + oy) * ${g.outWidth};`);
  const steps = g.outWidth % 4 === 0 ? 4 : 1;
  k.line(`for (let turn = 0; turn < ${g.outWidth / steps}; turn++) {`);
  k.line(`const ox = turn * ${steps};`);
  const slopes = k.row(dy, 'above + ox', steps, steps === 4);
  // the column of the kernel divides by four where a thread has four weights
  k.line(`const base = ox * ${g.strideX} + ${kx} * ${g.dilationX};`);
  const loads = (acrossChannels ? sums : ['']).map((_, i) => {
    k.line(`const row${i} = ((n * ${g.inChannels} + plane + ${i}) * ${g.inHeight} + iy) * ${g.inWidth};`);
    return rowLoader(k, x, g.inWidth, `row${i}`, 'base', steps === 4 && width === 4);
  });
  slopes.forEach((slope, step) => {
    sums.slice(0, acrossChannels ? 4 : g.kernelWidth).forEach((sum, i) => {
      const element = acrossChannels
        ? loads[i](step * g.strideX - g.padX)
        : loads[0](step * g.strideX - g.padX + i * g.dilationX);
      k.line(`${sum} = ${sum} + ${slope} * ${element};`);
    });
  });
  k.line('} } } } }');
  k.give(sums);
  if (direct) return { stages: [[{ out: dw, source: k }]], temporaries: [] };
  const temporaries = [to];
  const joins = joinJobs('sum', to, parts, dw, temporaries, [g.kernelWidth, columns]);
  return { stages: [[{ out: to, source: k }], ...joins.map((join) => [join])], temporaries };
}
