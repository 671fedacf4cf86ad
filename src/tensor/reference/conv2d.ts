import type { Operand } from '../backend.js';
import type { TypedArray } from '../dtype.js';
import type { Conv2dGeometry } from '../shape.js';

/** Visits every product of the convolution: offsets of the output, input and weight elements that meet in it. */
function products(g: Conv2dGeometry, visit: (y: number, x: number, w: number) => void): void {
  const inPerGroup = g.inChannels / g.groups;
  const outPerGroup = g.outChannels / g.groups;
  for (let n = 0; n < g.batch; n++) {
    for (let o = 0; o < g.outChannels; o++) {
      const firstChannel = Math.floor(o / outPerGroup) * inPerGroup;
      for (let c = 0; c < inPerGroup; c++) {
        const yPlane = (n * g.outChannels + o) * g.outHeight * g.outWidth;
        const xPlane = (n * g.inChannels + firstChannel + c) * g.inHeight * g.inWidth;
        const wPlane = (o * inPerGroup + c) * g.kernelHeight * g.kernelWidth;
        planeProducts(g, (y, x, w) => visit(yPlane + y, xPlane + x, wPlane + w));
      }
    }
  }
}

/** The products between one output, one input and one weight plane; what lies in the padding is left out. */
function planeProducts(g: Conv2dGeometry, visit: (y: number, x: number, w: number) => void): void {
  for (let oy = 0; oy < g.outHeight; oy++) {
    for (let ox = 0; ox < g.outWidth; ox++) {
      for (let ky = 0; ky < g.kernelHeight; ky++) {
        const iy = oy * g.strideY - g.padY + ky * g.dilationY;
        if (iy < 0 || iy >= g.inHeight) continue;
        for (let kx = 0; kx < g.kernelWidth; kx++) {
          const ix = ox * g.strideX - g.padX + kx * g.dilationX;
          if (ix < 0 || ix >= g.inWidth) continue;
          visit(oy * g.outWidth + ox, iy * g.inWidth + ix, ky * g.kernelWidth + kx);
        }
      }
    }
  }
}

/** y = x * w + bias, the sum over all products that end in an output element. */
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
  products(g, (yAt, xAt, wAt) => (y[yAt] += from[xAt] * weight[wAt]));
}

/** dx: each input element collects dy times the weight of every product it takes part in. */
export function conv2dInputGrad(
  dy: Operand<TypedArray>,
  w: Operand<TypedArray>,
  dx: Operand<TypedArray>,
  g: Conv2dGeometry,
): void {
  const [to, from, weight] = [dx.handle, dy.handle, w.handle];
  to.fill(0, 0, dx.size);
  products(g, (yAt, xAt, wAt) => (to[xAt] += from[yAt] * weight[wAt]));
}

/** dw: each weight collects dy times the input of every product it takes part in. */
export function conv2dWeightGrad(
  x: Operand<TypedArray>,
  dy: Operand<TypedArray>,
  dw: Operand<TypedArray>,
  g: Conv2dGeometry,
): void {
  const [to, from, input] = [dw.handle, dy.handle, x.handle];
  to.fill(0, 0, dw.size);
  products(g, (yAt, xAt, wAt) => (to[wAt] += from[yAt] * input[xAt]));
}
