import type { TypedArray } from '../../dtype.js';
import type { Conv2dGeometry, Operand } from '../../tensor/backend.js';

/** Visits the products of a part of a row: `count` elements of y, as many of x (every strideX-th), and one weight. */
type Visit = (y: number, x: number, w: number, count: number) => void;

/** Visits every product of the convolution, one row of the output at a time; products with padding are skipped. */
function products(g: Conv2dGeometry, visit: Visit): void {
  const inPerGroup = g.inChannels / g.groups;
  const outPerGroup = g.outChannels / g.groups;
  for (let n = 0; n < g.batch; n++) {
    for (let o = 0; o < g.outChannels; o++) {
      const firstChannel = Math.floor(o / outPerGroup) * inPerGroup;
      for (let c = 0; c < inPerGroup; c++) {
        const yPlane = (n * g.outChannels + o) * g.outHeight * g.outWidth;
        const xPlane = (n * g.inChannels + firstChannel + c) * g.inHeight * g.inWidth;
        const wPlane = (o * inPerGroup + c) * g.kernelHeight * g.kernelWidth;
        planeProducts(g, yPlane, xPlane, wPlane, visit);
      }
    }
  }
}

/** Visits the products of one output plane, one input plane and one weight plane. */
function planeProducts(g: Conv2dGeometry, yPlane: number, xPlane: number, wPlane: number, visit: Visit): void {
  for (let ky = 0; ky < g.kernelHeight; ky++) {
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      // output column ox uses input column ox * strideX + shift
      const shift = kx * g.dilationX - g.padX;
      const first = Math.max(0, Math.ceil(-shift / g.strideX));
      const last = Math.min(g.outWidth - 1, Math.floor((g.inWidth - 1 - shift) / g.strideX));
      for (let oy = 0; oy < g.outHeight; oy++) {
        const iy = oy * g.strideY - g.padY + ky * g.dilationY;
        if (iy < 0 || iy >= g.inHeight || first > last) continue;
        const y = yPlane + oy * g.outWidth + first;
        const x = xPlane + iy * g.inWidth + first * g.strideX + shift;
        visit(y, x, wPlane + ky * g.kernelWidth + kx, last - first + 1);
      }
    }
  }
}

/** y = x * w + bias: each output element is the sum of all its products. */
export function conv2d(
  x: Operand<TypedArray>,
  w: Operand<TypedArray>,
  bias: Operand<TypedArray> | null,
  out: Operand<TypedArray>,
  g: Conv2dGeometry,
): void {
  const plane = g.outHeight * g.outWidth;
  const [y, from, weight] = [out.handle, x.handle, w.handle];
  for (let i = 0; i < out.size; i++) y[i] = bias ? bias.handle[Math.floor(i / plane) % g.outChannels] : 0;
  products(g, (yAt, xAt, wAt, count) => {
    for (let i = 0; i < count; i++) y[yAt + i] += from[xAt + i * g.strideX] * weight[wAt];
  });
}

/** dx: each input element sums dy times the weight over all products that it is part of. */
export function conv2dInputGrad(
  dy: Operand<TypedArray>,
  w: Operand<TypedArray>,
  dx: Operand<TypedArray>,
  g: Conv2dGeometry,
): void {
  const [to, from, weight] = [dx.handle, dy.handle, w.handle];
  to.fill(0, 0, dx.size);
  products(g, (yAt, xAt, wAt, count) => {
    for (let i = 0; i < count; i++) to[xAt + i * g.strideX] += from[yAt + i] * weight[wAt];
  });
}

/** dw: each weight sums dy times the input over all products that it is part of. */
export function conv2dWeightGrad(
  x: Operand<TypedArray>,
  dy: Operand<TypedArray>,
  dw: Operand<TypedArray>,
  g: Conv2dGeometry,
): void {
  const [to, from, input] = [dw.handle, dy.handle, x.handle];
  to.fill(0, 0, dw.size);
  products(g, (yAt, xAt, wAt, count) => {
    for (let i = 0; i < count; i++) to[wAt] += from[yAt + i] * input[xAt + i * g.strideX];
  });
}
