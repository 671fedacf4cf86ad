import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { pool2dGeometry } from '../../../src/tensor/geometry.js';
import { fill, product } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn, valuesOn } from '../../helpers/operands.js';
import { type Pool2dCase, pool2dCases } from '../calls/pool2d.js';

const backend = new ReferenceBackend();
const cases = pool2dCases(60);

/** For every output, the positions of its window inside the image. */
function windows({ x: [batch, channels, height, width], y, g }: Pool2dCase): number[][] {
  const found: number[][] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let i = 0; i < y[2]; i++) {
      for (let j = 0; j < y[3]; j++) {
        const positions = Array.from({ length: height * width }, (_, p) => p).filter((p) => {
          const row = Math.floor(p / width) - (i * g.strideY - g.padY);
          const column = (p % width) - (j * g.strideX - g.padX);
          return row >= 0 && row < g.kernelHeight && column >= 0 && column < g.kernelWidth;
        });
        found.push(positions.map((p) => plane * height * width + p));
      }
    }
  }
  return found;
}

function maxPool(c: Pool2dCase, xs: ArrayLike<number>) {
  const [out, indices] = [operandOn(backend, c.y), operandOn(backend, c.y, [], 'int32')];
  backend.maxPool2d(operandOn(backend, c.x, xs), out, indices, c.g);
  return { out, indices };
}

describe('pooling on reference', () => {
  it('returns the first largest element of every window', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const xs = fill('halves', product(c.x), c.seed);
        const { out, indices } = maxPool(c, xs);
        const plane = c.x[2] * c.x[3];
        const largest = windows(c).map((window) => Math.max(...window.map((p) => xs[p])));
        const first = windows(c).map((window, i) => window.find((p) => xs[p] === largest[i]) as number);
        close(valuesOn(backend, out), largest, 0, 0);
        close(
          valuesOn(backend, indices),
          first.map((p) => p % plane),
          0,
          0,
        );
      }),
    );
  });

  it('prefers NaN, and never selects padding', () => {
    const x = [1, 1, 2, 2];
    const g = pool2dGeometry('pool', x, 2, { stride: 1, padding: 1 });
    const c = { x, y: [1, 1, 3, 3], g, seed: 0 };
    const { out, indices } = maxPool(c, [-1, Number.NaN, -3, Number.NaN]);
    const nan = Number.NaN;
    expect(valuesOn(backend, out)).toEqual([-1, nan, nan, -1, nan, nan, -3, nan, nan]);
    expect(valuesOn(backend, indices)).toEqual([0, 1, 1, 0, 1, 1, 2, 3, 3]);
  });

  it('adds the gradient of every window to its maximum', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { indices } = maxPool(c, fill('unit', product(c.x), c.seed));
        const dys = fill('unit', product(c.y), c.seed + 1);
        const dx = operandOn(backend, c.x, fill('unit', product(c.x), 9));
        backend.maxPool2dGrad(operandOn(backend, c.y, dys), indices, dx, c.g);
        const wanted = new Float64Array(product(c.x));
        const winners = valuesOn(backend, indices);
        windows(c).forEach((_, i) => {
          wanted[Math.floor(i / (c.y[2] * c.y[3])) * c.x[2] * c.x[3] + winners[i]] += dys[i];
        });
        close(valuesOn(backend, dx), wanted, 1e-12, 1e-12);
      }),
    );
  });

  it('averages windows, including the padding', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const xs = fill('unit', product(c.x), c.seed);
        const out = operandOn(backend, c.y);
        backend.avgPool2d(operandOn(backend, c.x, xs), out, c.g);
        const area = c.g.kernelHeight * c.g.kernelWidth;
        const means = windows(c).map((window) => window.reduce((sum, p) => sum + xs[p], 0) / area);
        close(valuesOn(backend, out), means, 1e-12, 1e-12);
      }),
    );
  });

  it('spreads the gradient of an average over its window', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const dys = fill('unit', product(c.y), c.seed);
        const dx = operandOn(backend, c.x, fill('unit', product(c.x), 9));
        backend.avgPool2dGrad(operandOn(backend, c.y, dys), dx, c.g);
        const wanted = new Float64Array(product(c.x));
        const area = c.g.kernelHeight * c.g.kernelWidth;
        windows(c).forEach((window, i) => {
          for (const p of window) wanted[p] += dys[i] / area;
        });
        close(valuesOn(backend, dx), wanted, 1e-12, 1e-12);
      }),
    );
  });
});
