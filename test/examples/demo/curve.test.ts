import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Curve, Smooth } from '../../../examples/demo/page/curve.js';

/** Numbers without -0, because its mean is 0. */
const value = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => x + 0);

describe('a curve of the demo', () => {
  it('keeps every value as long as there are few', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 1000 }), (all) => {
        const curve = new Curve();
        all.forEach((values, i) => {
          curve.add({ step: i + 1, values });
        });
        expect(curve.points).toEqual(all.map((values, i) => ({ step: i + 1, values })));
      }),
      { numRuns: 200 },
    );
  });

  it('has a bounded number of points, and keeps its mean and its ends', () => {
    for (const length of [1999, 2000, 2001, 12_345, 64_000]) {
      const curve = new Curve();
      for (let step = 1; step <= length; step++) curve.add({ step, values: [step, -2 * step] });
      const { points } = curve;
      expect(points.length).toBeLessThan(2000);
      expect(points.length).toBeGreaterThanOrEqual(Math.min(length, 1000));
      const stride = points[1].step - points[0].step;
      const last = points[points.length - 1].step;
      // values that have yet to be merged with their neighbours are not shown
      expect(last).toBe(length - (length % stride));
      const mean = points.reduce((sum, { values }) => sum + values[0], 0) / points.length;
      expect(mean).toBeCloseTo((last + 1) / 2, 6);
      for (const { values } of points) expect(values[1]).toBeCloseTo(-2 * values[0], 6);
      expect(points.every(({ step }, i) => step === (i + 1) * stride)).toBe(true);
    }
  });
});

describe('a running mean of the demo', () => {
  it('is a mean with exponentially decaying weights', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 50 }), fc.nat(20), (all, life) => {
        const smooth = new Smooth(life + 1);
        const means = all.map((values) => smooth.add(values));
        const weights = all.map((_, i) => 0.5 ** ((all.length - 1 - i) / (life + 1)));
        const total = weights.reduce((a, b) => a + b, 0);
        for (const side of [0, 1] as const) {
          const expected = all.reduce((sum, values, i) => sum + weights[i] * values[side], 0) / total;
          expect(means[means.length - 1][side]).toBeCloseTo(expected, 9);
        }
      }),
    );
  });
});
