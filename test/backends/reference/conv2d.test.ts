import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { fill, product } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn, valuesOn } from '../../helpers/operands.js';
import { type Conv2dCase, conv2dCases } from '../calls/conv2d.js';

const backend = new ReferenceBackend();
const cases = conv2dCases(30).filter(({ x, w, y }) => Math.max(product(x), product(w), product(y)) <= 600);

/** The convolution by definition: each output is a sum over all indices, with zeros outside the image. */
function defined(
  { x: [, channels, height, width], w: [, , kH, kW], y, g }: Conv2dCase,
  x: Float64Array,
  w: Float64Array,
) {
  const perGroup = channels / g.groups;
  const pixel = (n: number, c: number, i: number, j: number) =>
    i < 0 || j < 0 || i >= height || j >= width ? 0 : x[((n * channels + c) * height + i) * width + j];
  const out: number[] = [];
  for (let n = 0; n < y[0]; n++) {
    for (let o = 0; o < y[1]; o++) {
      for (let i = 0; i < y[2]; i++) {
        for (let j = 0; j < y[3]; j++) {
          let sum = 0;
          for (let c = 0; c < perGroup; c++) {
            for (let a = 0; a < kH; a++) {
              for (let b = 0; b < kW; b++) {
                const channel = Math.floor((o * g.groups) / y[1]) * perGroup + c;
                const row = i * g.strideY + a * g.dilationY - g.padY;
                const column = j * g.strideX + b * g.dilationX - g.padX;
                sum += w[((o * perGroup + c) * kH + a) * kW + b] * pixel(n, channel, row, column);
              }
            }
          }
          out.push(sum);
        }
      }
    }
  }
  return out;
}

function convolve(
  { x, w, y, g }: Conv2dCase,
  xs: ArrayLike<number>,
  ws: ArrayLike<number>,
  bias?: ArrayLike<number>,
): number[] {
  const out = operandOn(backend, y);
  const b = bias ? operandOn(backend, [y[1]], bias) : null;
  backend.conv2d(operandOn(backend, x, xs), operandOn(backend, w, ws), b, out, g);
  return valuesOn(backend, out);
}

function filled({ x, w, y, seed }: Conv2dCase) {
  return {
    xs: fill('unit', product(x), seed),
    ws: fill('unit', product(w), seed + 1),
    dys: fill('unit', product(y), seed + 2),
  };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

/** The gradient of f by central differences; exact up to rounding, as convolution is linear in each operand. */
function slopes(f: (values: Float64Array) => number, at: Float64Array): number[] {
  return Array.from(at, (_, i) => {
    const moved = (by: number) => f(Float64Array.from(at, (value, j) => (i === j ? value + by : value)));
    return (moved(1) - moved(-1)) / 2;
  });
}

describe('conv2d on reference', () => {
  it('is the sum in the definition', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { xs, ws } = filled(c);
        close(convolve(c, xs, ws), defined(c, xs, ws), 1e-12, 1e-12, { shape: c.y });
      }),
      { numRuns: 80 },
    );
  });

  it('adds the bias of each output channel', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { xs, ws } = filled(c);
        const bias = fill('unit', c.y[1], c.seed + 5);
        const plane = c.y[2] * c.y[3];
        const wanted = defined(c, xs, ws).map((value, i) => value + bias[Math.floor(i / plane) % c.y[1]]);
        close(convolve(c, xs, ws, bias), wanted, 1e-12, 1e-12);
      }),
      { numRuns: 20 },
    );
  });

  it('has the input gradient of finite differences', () => {
    fc.assert(
      fc.property(
        cases.filter(({ x }) => product(x) < 150),
        (c) => {
          const { xs, ws, dys } = filled(c);
          const dx = operandOn(backend, c.x, fill('unit', product(c.x), 7));
          backend.conv2dInputGrad(operandOn(backend, c.y, dys), operandOn(backend, c.w, ws), dx, c.g);
          close(
            valuesOn(backend, dx),
            slopes((moved) => dot(dys, convolve(c, moved, ws)), xs),
            1e-10,
            1e-10,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has the weight gradient of finite differences', () => {
    fc.assert(
      fc.property(
        cases.filter(({ w }) => product(w) < 150),
        (c) => {
          const { xs, ws, dys } = filled(c);
          const dw = operandOn(backend, c.w, fill('unit', product(c.w), 7));
          backend.conv2dWeightGrad(operandOn(backend, c.x, xs), operandOn(backend, c.y, dys), dw, c.g);
          close(
            valuesOn(backend, dw),
            slopes((moved) => dot(dys, convolve(c, xs, moved)), ws),
            1e-10,
            1e-10,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('agrees with a result computed by hand', () => {
    const c = { x: [1, 1, 2, 2], w: [1, 1, 2, 2], y: [1, 1, 1, 1], seed: 0, kind: 'unit' as const };
    const g = {
      ...{ batch: 1, inChannels: 1, inHeight: 2, inWidth: 2, outChannels: 1, outHeight: 1, outWidth: 1, groups: 1 },
      ...{ kernelHeight: 2, kernelWidth: 2, strideY: 1, strideX: 1, padY: 0, padX: 0, dilationY: 1, dilationX: 1 },
    };
    expect(convolve({ ...c, g }, [1, 2, 3, 4], [5, 6, 7, 8])).toEqual([70]);
  });
});
