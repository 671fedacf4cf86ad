import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import * as a from '../../src/index.js';
import { product, shapes } from '../helpers/arbitraries.js';
import { Computing, exported, operatorCounts, outputsOf, reimported } from './trips.js';

beforeEach(() => a.setDevice('cpu'));

/** A step that moves elements, with two numbers that choose how. */
type Step = readonly [kind: string, i: number, j: number];

const ranges = (length: number, i: number, j: number): a.Range => {
  const [start, stop] = [i % (length + 1), length - (j % 2)];
  return i % 3 === 2 ? [stop, null, -1 - (j % 2)] : [start === length ? 0 : start, stop, 1 + (j % 2)];
};

const steps: Readonly<Record<string, (x: Tensor, i: number, j: number) => Tensor>> = {
  slice: (x, i, j) => x.slice(x.shape.map((length, axis) => (axis === i % x.ndim ? ranges(length, j, i) : null))),
  permute: (x, i) => x.permute(x.shape.map((_, axis) => (axis + i) % x.ndim)),
  transpose: (x, i, j) => x.transpose(i % x.ndim, j % x.ndim),
  flip: (x, i) => x.flip(i % x.ndim),
  flatten: (x, i) => x.flatten(i % x.ndim),
  unsqueeze: (x, i) => x.unsqueeze(i % (x.ndim + 1)),
  cat: (x, i) => a.cat([x, x.neg(), x], i % x.ndim),
  stack: (x, i) => a.stack([x, x.neg()], i % (x.ndim + 1)),
  split: (x, i, j) => x.split(1 + (j % 3), i % x.ndim).at(-1) as Tensor,
  pad: (x, i, j) => x.pad([i % 3, j % 2, j % 3, i % 2].slice(0, 2 * Math.min(2, x.ndim)), 0.5),
  expand: (x, i) => x.unsqueeze(0).expand([1 + (i % 3), ...x.shape]),
  reverse: (x) => x.reshape([...x.shape].reverse()),
};

const chosen = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(20), fc.nat(20));

function moved(x: Tensor, path: readonly Step[]): Tensor {
  return path.reduce((y, [kind, i, j]) => (y.size > 500 || y.ndim > 6 ? y : steps[kind](y, i, j)), x);
}

describe('elements', () => {
  it('are at the same places after an export, wherever operations move them', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes({ minAxes: 1, maxAxes: 4, maxSize: 60 }).filter((shape) => product(shape) > 0),
        fc.array(chosen, { minLength: 1, maxLength: 6 }),
        async (shape, path) => {
          const x = a.arange(product(shape)).cast('float32').reshape(shape);
          const model = new Computing((t) => moved(t, path));
          const back = await reimported(model, [x]);
          expect(outputsOf(back, [x])).toEqual(outputsOf(model, [x]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are moved by operators that say how, not by lists of positions', async () => {
    const counts = async (f: (x: Tensor) => unknown) => operatorCounts(await exported(new Computing(f), [4, 6, 5]));
    expect(await counts((x) => x.permute([2, 0, 1]))).toEqual({ Transpose: 1 });
    expect(await counts((x) => x.slice([[1, 3], null, [null, null, -2]]))).toEqual({ Slice: 1 });
    expect(
      await counts((x) =>
        x
          .reshape([24, 5])
          .reshape([4, 2, 3, 5])
          .slice([null, [1, 2]]),
      ),
    ).toEqual({ Reshape: 1, Slice: 1 });
    expect(await counts((x) => x.split(2, 1))).toEqual({ Slice: 3 });
    expect(await counts((x) => a.cat([x, x.neg()], 1))).toEqual({ Neg: 1, Concat: 1 });
    expect(await counts((x) => x.pad([1, 2, 3, 0]))).toEqual({ Pad: 1 });
    expect(await counts((x) => x.flatten(1))).toEqual({ Flatten: 1 });
    expect(await counts((x) => x.flatten(1).reshape([4, 6, 5]).relu())).toEqual({ Relu: 1 });
    expect(await counts((x) => a.einsum('iij->ij', x.slice([null, [0, 4]])))).toEqual({
      Slice: 1,
      Reshape: 1,
      Gather: 1,
    });
  });
});
