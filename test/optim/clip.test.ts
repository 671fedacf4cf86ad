import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradOf } from '../../src/autograd/graph.js';
import { ValueError } from '../../src/errors.js';
import { clipGradNorm, clipGradValue } from '../../src/optim/index.js';
import { memory } from '../../src/tensor/memory/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { close } from '../helpers/close.js';
import { between } from './arbitrary.js';
import { devices, give, parameter, valuesOf } from './helpers.js';

const gradients = fc.array(
  fc.option(
    fc.array(
      fc.integer({ min: -64, max: 64 }).map((n) => n / 8),
      { maxLength: 40 },
    ),
  ),
  { minLength: 1, maxLength: 5 },
);
const limits = between(1e-3, 100);

describe.each(devices)('on %s', (device) => {
  const make = (rows: readonly (readonly number[] | null)[]): Tensor[] =>
    rows.map((row) => {
      const p = parameter(row ?? [1], { device });
      give(p, row);
      return p;
    });
  const gradsOf = (params: readonly Tensor[]) =>
    params.map((p) => {
      const grad = gradOf(p);
      return grad && valuesOf(grad);
    });

  it.each([2 as const, Number.POSITIVE_INFINITY])(
    'clipGradNorm returns the %d-norm and scales gradients that exceed the limit',
    (normType) => {
      fc.assert(
        fc.property(gradients, limits, (rows, maxNorm) => {
          const params = make(rows);
          const all = rows.flatMap((row) => row ?? []);
          const norm = normType === 2 ? Math.hypot(...all) : Math.max(0, ...all.map(Math.abs));
          const before = clipGradNorm(params, maxNorm, { normType });
          expect(before.shape).toEqual([]);
          close([before.itemSync()], [norm], 1e-6);
          const factor = Math.min(1, maxNorm / (norm + 1e-6));
          rows.forEach((row, i) => {
            const [scaled] = [gradsOf(params)[i]];
            if (row === null) expect(scaled).toBeNull();
            else if (norm <= maxNorm - 1e-4) expect(scaled).toEqual(row.map((x) => x + 0));
            else
              close(
                scaled ?? [],
                row.map((x) => factor * x),
                1e-5,
                1e-6,
              );
          });
        }),
      );
    },
  );

  it('clipGradNorm reports a norm that is not finite', () => {
    const params = make([[1, Number.NaN], [1]]);
    expect(clipGradNorm(params, 1).itemSync()).toBeNaN();
    expect(gradsOf(params)).toEqual([[Number.NaN, Number.NaN], [Number.NaN]]);
    expect(clipGradNorm(make([[Number.POSITIVE_INFINITY]]), 1).itemSync()).toBe(Number.POSITIVE_INFINITY);
  });

  it('clipGradNorm accepts one tensor, lists and iterables, with an infinite or a zero norm', () => {
    const params = make([[3, 4], [12]]);
    expect(clipGradNorm(params[0], 1).itemSync()).toBe(5);
    close(gradsOf(params)[0] ?? [], [0.6, 0.8]);
    expect(clipGradNorm(new Set(make([[3, 4], [12]])), Number.POSITIVE_INFINITY).itemSync()).toBe(13);
    clipGradNorm(params, 0);
    expect(gradsOf(params)).toEqual([[0, 0], [0]]);
    expect(clipGradNorm([], 1).itemSync()).toBe(0);
    expect(clipGradNorm(make([null]), 1).itemSync()).toBe(0);
  });

  it('clipGradNorm leaves nothing behind but the norm', () => {
    const params = make([[3, 4], [12]]);
    const before = memory(device);
    clipGradNorm(params, 1).dispose();
    expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  it('clipGradValue clamps every element', () => {
    fc.assert(
      fc.property(gradients, limits, (rows, limit) => {
        const params = make(rows);
        clipGradValue(params, limit);
        const clamped = rows.map((row) => row?.map((x) => Math.fround(Math.min(limit, Math.max(-limit, x)))) ?? null);
        gradsOf(params).forEach((grad, i) => {
          if (grad) close(grad, clamped[i] ?? [], 1e-6);
          else expect(clamped[i]).toBeNull();
        });
      }),
    );
    const params = make([[Number.NaN, Number.NEGATIVE_INFINITY]]);
    clipGradValue(params, 2);
    expect(gradsOf(params)).toEqual([[Number.NaN, -2]]);
  });
});

describe('clipping', () => {
  it.each([
    ['a negative norm', /^clipGradNorm: expected maxNorm >= 0, got -1$/, () => clipGradNorm([], -1)],
    ['NaN', /^clipGradNorm: expected maxNorm >= 0, got NaN$/, () => clipGradNorm([], Number.NaN)],
    ['a norm as text', /expected maxNorm >= 0, got '1'$/, () => clipGradNorm([], '1' as never)],
    [
      'named parameters',
      /^clipGradNorm: expected a tensor as parameter 0, got \['w', Tensor\(1\) float32 on reference\]$/,
      () => clipGradNorm(new Map([['w', parameter([1])]]) as never, 1),
    ],
    [
      'no parameters',
      /^clipGradValue: expected a list of parameters, .*, got undefined$/,
      () => clipGradValue(undefined as never, 1),
    ],
    [
      'another norm',
      /expected option normType to be 2 or Infinity, got 1$/,
      () => clipGradNorm([], 1, { normType: 1 as 2 }),
    ],
    ['a negative value', /^clipGradValue: expected clipValue >= 0, got -1$/, () => clipGradValue([], -1)],
  ])('refuses %s', (_, message, act) => {
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
  });
});
