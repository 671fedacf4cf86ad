import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { map, reduce } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat, expectShape } from '../expect.js';
import { filled } from '../fill.js';
import { reshape } from '../shape/reshape.js';
import { inputGradient, moments, recordedGradients, standardized } from './standardize.js';

const sums = formula(
  `s = sum(dy)
   p = sum(dy * (x - mean))`,
  { tensors: ['dy', 'x', 'mean', 's', 'p'] },
);
const product = formula('y = a * b', { tensors: ['a', 'b', 'y'] });
const unbiased = formula('y = variance * n / (n - 1)', { tensors: ['variance', 'y'], scalars: ['n'] });
const factor = formula('a = w / sqrt(variance + eps)', { tensors: ['w', 'variance', 'a'], scalars: ['eps'] });
const affine = formula('y = (x - mean) * a + b', { tensors: ['x', 'mean', 'a', 'b', 'y'] });

/** The result of `normalizeBatch`. */
export interface BatchNormResult {
  readonly y: Tensor;
  /** Mean of each channel of the batch, (C); gradients do not flow to it. */
  readonly mean: Tensor;
  /** Unbiased variance of each channel of the batch, (C); gradients do not flow to it. */
  readonly variance: Tensor;
}

/** Scale and shift of each channel, (C) each, 1 and 0 where null; eps is added to the variance. */
export interface Affine {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly eps: number;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for x (B, C, ...) with the mean and (biased) variance of each
 * channel over the batch and all further axes.
 * @throws ShapeError for shapes that do not fit and for channels with fewer than 2 values, DtypeError for tensors that
 * are not float32.
 */
export function normalizeBatch(x: Tensor, { weight, bias, eps }: Affine): BatchNormResult {
  const [w, b] = perChannel(x, { weight: weight ?? 1, bias: bias ?? 0 });
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const channels = x.shape[1];
  if (x.size < 2 * channels) {
    throw new ShapeError(expected('batchNorm', 'at least 2 values per channel to train on', shapeText(x.shape)));
  }
  const found = moments('batchNorm', x, axes, eps);
  const { mean, variance, inv, count } = found;
  const y = record('batchNorm', [x, w, b], standardized('batchNorm', x, found, w, b), {
    backward: (dy) => {
      // all elements of a channel share one weight, so the same two sums serve every gradient
      const [s, p] = reduce('batchNorm', sums, { dy, x, mean }, { axes, keepDim: true });
      const weighted = (sum: Tensor) => map('batchNorm', product, { a: sum, b: w });
      return [
        () => inputGradient('batchNorm', { x, w, dy }, found, { s: weighted(s), p: weighted(p) }),
        () => map('batchNorm', product, { a: p, b: inv }),
        () => s,
      ];
    },
    composite: recordedGradients(x, w, axes, eps),
  });
  const spread = map('batchNorm', unbiased, { variance }, { n: count });
  return { y, mean: reshape(mean, [channels]), variance: reshape(spread, [channels]) };
}

/**
 * Normalises with a given mean and variance (C), such as running averages.
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
export function normalizeWith(x: Tensor, mean: Tensor, variance: Tensor, { weight, bias, eps }: Affine): Tensor {
  const [w, b, m, v] = perChannel(x, { weight: weight ?? 1, bias: bias ?? 0, mean, variance });
  const a = applyFormula('batchNorm', factor, { w, variance: v }, { eps });
  return applyFormula('batchNorm', affine, { x, mean: m, a, b });
}

/**
 * Returns tensors (C), or numbers, as tensors (1, C, 1, ...).
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
function perChannel(x: Tensor, given: Readonly<Record<string, Tensor | number>>): Tensor[] {
  if (x.ndim < 2) throw new ShapeError(expected('batchNorm', 'input (B, C, ...)', shapeText(x.shape)));
  expectFloat('batchNorm', x);
  const channels = x.shape[1];
  const shape = x.shape.map((_, axis) => (axis === 1 ? channels : 1));
  return Object.entries(given).map(([name, t]) => {
    if (typeof t === 'number') return filled('batchNorm', shape, t, 'float32', x.storage.backend);
    expectFloat('batchNorm', t);
    expectShape('batchNorm', name, t, [channels]);
    return reshape(t, shape);
  });
}
