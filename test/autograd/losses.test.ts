import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { seeds, shapes, stream } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, input } from './checks.js';

const reductions = fc.constantFrom<a.Reduction>('mean', 'sum', 'none');

/** Labels below `classes`; some are -100, but never the first. */
function labels(shape: readonly number[], classes: number, seed: number, device?: string): a.Tensor {
  const next = stream(seed);
  const size = shape.reduce((m, n) => m * n, 1);
  const values = Int32Array.from({ length: size }, (_, i) => {
    const label = Math.floor(next() * classes);
    return i > 0 && next() < 0.2 ? -100 : label;
  });
  return a.tensor(values, { shape, device });
}

const labelled = fc.record({
  rows: fc.integer({ min: 1, max: 4 }),
  classes: fc.integer({ min: 1, max: 5 }),
  rest: fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 }),
  labelSmoothing: fc.constantFrom(0, 0.1, 1),
  reduction: reductions,
  seed: seeds,
});

describe('losses of labels', () => {
  differentiates(
    'crossEntropy',
    labelled.map(({ rows, classes, rest, labelSmoothing, reduction, seed }): Checked => {
      const y = (device: string) => labels([rows, ...rest], classes, seed, device);
      return {
        shapes: [[rows, classes, ...rest]],
        f: (x) => a.crossEntropy(x, y(x.device), { labelSmoothing, reduction }),
        kinds: ['wide'],
      };
    }),
    { numRuns: 40 },
  );
  differentiates(
    'nllLoss',
    labelled.map(({ rows, classes, rest, reduction, seed }): Checked => {
      const y = (device: string) => labels([rows, ...rest], classes, seed, device);
      return { shapes: [[rows, classes, ...rest]], f: (x) => a.nllLoss(x, y(x.device), { reduction }) };
    }),
  );

  it('crossEntropy equals nllLoss of logSoftmax', () => {
    fc.assert(
      fc.property(labelled, ({ rows, classes, rest, reduction, seed }) => {
        const y = labels([rows, ...rest], classes, seed);
        const x = input([rows, classes, ...rest], seed, 'wide');
        const composed = a.nllLoss(a.logSoftmax(x, 1), y, { reduction });
        const fused = a.crossEntropy(x, y, { reduction });
        expect(fused.shape).toEqual(reduction === 'none' ? y.shape : []);
        close(fused.dataSync(), composed.dataSync(), 1e-11, 1e-12);
      }),
    );
  });

  it('smoothing mixes in the mean over the classes', () => {
    const [x, y] = [input([3, 4], 1, 'wide'), labels([3], 4, 1)];
    const [sharp, even] = [0, 1].map((labelSmoothing) => a.crossEntropy(x, y, { labelSmoothing }).itemSync());
    close([a.crossEntropy(x, y, { labelSmoothing: 0.3 }).itemSync()], [0.7 * sharp + 0.3 * even], 1e-12, 0);
  });

  it('keep their precision for large logits', () => {
    const x = a.tensor([[1e6, 1e6 + 1, -1e30]], { requiresGrad: true });
    const loss = a.crossEntropy(x, a.tensor([0], { dtype: 'int32' }));
    loss.backward();
    const p = Math.E / (1 + Math.E);
    close([loss.itemSync(), ...(x.grad?.dataSync() ?? [])], [Math.log(1 + Math.E), -p, p, 0], 1e-12, 0);
  });

  it('name labels that are out of range', () => {
    const x = a.zeros([2, 3]);
    const y = (values: number[]) => a.tensor(values, { dtype: 'int32' });
    expect(() => a.crossEntropy(x, y([0, 3]))).toThrow('crossEntropy: expected labels in [0, 2], got 3');
    expect(() => a.crossEntropy(x, y([-1, 0]))).toThrow('crossEntropy: expected labels in [0, 2], got -1');
    expect(() => a.nllLoss(x, y([0, 3]))).toThrow('nllLoss: expected labels in [0, 2], got 3');
    expect(a.crossEntropy(x, y([-1, 0]), { ignoreIndex: -1 }).itemSync()).toBeCloseTo(Math.log(3), 12);
    expect(a.crossEntropy(x, y([-100, -100])).itemSync()).toBeNaN();
    expect(a.crossEntropy(x, y([-100, -100]), { reduction: 'sum' }).itemSync()).toBe(0);
  });

  it('name the expected shapes, dtypes and options', () => {
    const x = a.zeros([2, 3]);
    const y = a.zeros([2], { dtype: 'int32' });
    expect(() => a.crossEntropy(x, a.zeros([3], { dtype: 'int32' }))).toThrow(
      'crossEntropy: expected labels (2), got (3)',
    );
    expect(() => a.crossEntropy(x, a.zeros([2]))).toThrow('crossEntropy: expected labels of int32, got float32');
    expect(() => a.crossEntropy(a.zeros([3]), y)).toThrow('crossEntropy: expected scores (N, C, ...), got (3)');
    expect(() => a.crossEntropy(x, y, { labelSmoothing: 2 })).toThrow(
      'crossEntropy: expected option labelSmoothing in [0, 1], got 2',
    );
    expect(() => a.crossEntropy(x, y, { reduction: 'max' as 'mean' })).toThrow(
      "crossEntropy: expected option reduction to be 'mean' or 'sum' or 'none', got 'max'",
    );
    const none = a.zeros([0], { dtype: 'int32' });
    expect(() => a.crossEntropy(a.zeros([0, 3]), none)).toThrow(
      'crossEntropy: expected at least one element to take the mean of, got (0)',
    );
    expect(a.crossEntropy(a.zeros([0, 3]), none, { reduction: 'none' }).shape).toEqual([0]);
  });

  it.each(['reference', 'cpu'])('need no copy of the logits: their gradient is all of that size, on %s', (device) => {
    const [rows, classes] = [40, 10_000];
    const size = 4 * rows * classes;
    const x = a.rand([rows, classes], { requiresGrad: true, device });
    const y = a.randint(classes, [rows], { device });
    a.scope(() => {
      const grown = (run: () => void) => {
        const before = a.memory(device).bytes;
        a.resetPeakMemory(device);
        run();
        return a.memory(device).peakBytes - before;
      };
      let loss: a.Tensor | undefined;
      const forward = grown(() => {
        loss = a.crossEntropy(x, y);
      });
      const backward = grown(() => loss?.backward());
      expect(forward).toBeLessThan(0.01 * size);
      expect(backward).toBeGreaterThanOrEqual(size);
      expect(backward).toBeLessThan(1.05 * size);
    });
  });
});

describe('losses of elements', () => {
  const cases = (f: (x: a.Tensor, t: a.Tensor, o: a.LossOptions) => a.Tensor) =>
    fc.tuple(shapes({ maxAxes: 3, maxSize: 12 }), reductions).map(([shape, reduction]): Checked => {
      const filled = reduction === 'mean' ? shape.map((length) => Math.max(1, length)) : shape;
      return { shapes: [filled, filled], f: (x, t) => f(x, t, { reduction }) };
    });
  differentiates('mseLoss', cases(a.mseLoss));
  differentiates('l1Loss', cases(a.l1Loss));
  differentiates('binaryCrossEntropyWithLogits', cases(a.binaryCrossEntropyWithLogits));

  it('are the mean by default, and the sum or each value on request', () => {
    const [x, t] = [a.tensor([1, 2, 4]), a.tensor([1, 0, 7])];
    expect(a.mseLoss(x, t).itemSync()).toBeCloseTo(13 / 3, 12);
    expect(a.mseLoss(x, t, { reduction: 'sum' }).itemSync()).toBe(13);
    expect(Array.from(a.l1Loss(x, t, { reduction: 'none' }).dataSync())).toEqual([0, 2, 3]);
  });

  it('binaryCrossEntropyWithLogits is numerically stable for logits of any magnitude', () => {
    const x = a.tensor([-1000, -1000, 1000, 1000, 0]);
    const t = a.tensor([0, 1, 0, 1, 0.5]);
    const y = a.binaryCrossEntropyWithLogits(x, t, { reduction: 'none' });
    close(y.dataSync(), [0, 1000, 1000, 0, Math.log(2)], 1e-12, 1e-12);
  });

  it('name the expected shapes', () => {
    expect(() => a.mseLoss(a.zeros([2]), a.zeros([2, 1]))).toThrow('mseLoss: expected target (2), got (2, 1)');
    expect(() => a.l1Loss(a.zeros([0]), a.zeros([0]))).toThrow('l1Loss: expected at least one element');
    expect(() => a.mseLoss(a.zeros([2], { dtype: 'int32' }), a.zeros([2]))).toThrow(
      'mseLoss: expected float32, got int32',
    );
  });
});
