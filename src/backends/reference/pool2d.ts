import type { TypedArray } from '../../dtype.js';
import type { Operand, Pool2dGeometry } from '../../tensor/backend.js';

/** Visits every window with the offset of its output element and the plane-relative offsets of its input elements. */
function windows(g: Pool2dGeometry, visit: (out: number, plane: number, inside: readonly number[]) => void): void {
  for (let p = 0; p < g.planes; p++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      for (let ox = 0; ox < g.outWidth; ox++) {
        const inside: number[] = [];
        for (let ky = 0; ky < g.kernelHeight; ky++) {
          for (let kx = 0; kx < g.kernelWidth; kx++) {
            const iy = oy * g.strideY - g.padY + ky;
            const ix = ox * g.strideX - g.padX + kx;
            if (iy >= 0 && iy < g.inHeight && ix >= 0 && ix < g.inWidth) inside.push(iy * g.inWidth + ix);
          }
        }
        visit((p * g.outHeight + oy) * g.outWidth + ox, p * g.inHeight * g.inWidth, inside);
      }
    }
  }
}

/** Largest element of each window and where it is; the first NaN wins over any number. */
export function maxPool2d(
  x: Operand<TypedArray>,
  out: Operand<TypedArray>,
  indices: Operand<TypedArray>,
  g: Pool2dGeometry,
): void {
  windows(g, (at, plane, inside) => {
    let winner = inside[0];
    for (const i of inside) {
      const [value, best] = [x.handle[plane + i], x.handle[plane + winner]];
      if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) winner = i;
    }
    out.handle[at] = x.handle[plane + winner];
    indices.handle[at] = winner;
  });
}

/** dx: the winner of each window receives its dy; the gradients of overlapping windows are added. */
export function maxPool2dGrad(
  dy: Operand<TypedArray>,
  indices: Operand<TypedArray>,
  dx: Operand<TypedArray>,
  g: Pool2dGeometry,
): void {
  dx.handle.fill(0, 0, dx.size);
  windows(g, (at, plane) => (dx.handle[plane + indices.handle[at]] += dy.handle[at]));
}

/** Mean of each window, padding counted as zeros. */
export function avgPool2d(x: Operand<TypedArray>, out: Operand<TypedArray>, g: Pool2dGeometry): void {
  windows(g, (at, plane, inside) => {
    let sum = 0;
    for (const i of inside) sum += x.handle[plane + i];
    out.handle[at] = sum / (g.kernelHeight * g.kernelWidth);
  });
}

/** dx: every element of a window receives an equal share of its dy. */
export function avgPool2dGrad(dy: Operand<TypedArray>, dx: Operand<TypedArray>, g: Pool2dGeometry): void {
  dx.handle.fill(0, 0, dx.size);
  windows(g, (at, plane, inside) => {
    for (const i of inside) dx.handle[plane + i] += dy.handle[at] / (g.kernelHeight * g.kernelWidth);
  });
}
