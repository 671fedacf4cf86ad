import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { map, mapAll, reduce } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat, expectShape } from '../expect.js';
import { filled } from '../fill.js';
import { mul } from '../math/arithmetic.js';
import { reshape } from '../shape/reshape.js';
import { type Epilogue, variant, withEpilogue } from './epilogue.js';
import { incoming, inputGradient, moments, recordedGradients, standardized } from './standardize.js';

const weighted = formula(
  `ws = s * w
   v = p * w * inv * inv`,
  { tensors: ['s', 'p', 'w', 'inv', 'ws', 'v'] },
);
const rectified = formula('g = y <= 0 ? 0 : dy', { tensors: ['y', 'dy', 'g'] });
const factor = formula('a = w / sqrt(variance + eps)', { tensors: ['w', 'variance', 'a'], scalars: ['eps'] });

/** The result of `normalizeBatch`. */
export interface BatchNormResult {
  readonly y: Tensor;
  /** Mean of each channel of the batch, (C); gradients do not flow to it. */
  readonly mean: Tensor;
  /** Biased variance of each channel of the batch, (C); gradients do not flow to it. */
  readonly variance: Tensor;
  /** Number of values of each channel. */
  readonly count: number;
}

/** Scale and shift of each channel, (C) each, 1 and 0 where null; eps is added to the variance. */
export interface Affine {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly eps: number;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for x (B, C, ...) with the mean and (biased) variance of each
 * channel over the batch and all further axes, and the epilogue.
 * @throws ShapeError for shapes that do not fit and for channels with fewer than 2 values, DtypeError for tensors that
 * are not float32.
 */
export function normalizeBatch(x: Tensor, { weight, bias, eps }: Affine, then: Epilogue = {}): BatchNormResult {
  const [w, b] = perChannel(x, { weight: weight ?? 1, bias: bias ?? 0 });
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const channels = x.shape[1];
  if (x.size < 2 * channels) {
    throw new ShapeError(expected('batchNorm', 'at least 2 values per channel to train on', shapeText(x.shape)));
  }
  const found = moments('batchNorm', x, axes, eps);
  const { mean, variance, inv, count } = found;
  const { residual, relu = false } = then;
  // the gradient of a residual is stored anyway, and some devices cannot bind the tensors of the fused gradient
  const stored = relu && (residual || (x.storage.backend.maxInputs ?? 8) < 8);
  const fused = relu && !stored;
  const inputs = residual ? [x, w, b, residual] : [x, w, b];
  const y = record('batchNorm', inputs, standardized('batchNorm', { x, w, b }, found, then), {
    backward: (gradient) => {
      const dy = stored ? map('batchNorm', rectified, { y, dy: gradient }) : gradient;
      // all elements of a channel share one weight, so the same two sums serve every gradient
      let totals: readonly Tensor[] | undefined;
      const sumsOf = () => {
        const text = `${incoming(fused)}
          s = sum(g)
          p = sum(g * (x - mean))`;
        const operands = { dy, x, mean, ...(fused && { inv, w, b }) };
        totals ??= reduce('batchNorm', ...variant(text, operands, ['s', 'p']), { axes, keepDim: true });
        return totals;
      };
      return [
        () => {
          const [s, p] = sumsOf();
          const [ws, v] = mapAll('batchNorm', weighted, { s, p, w, inv });
          return inputGradient('batchNorm', { x, w, b, dy }, found, { s: ws, v }, fused);
        },
        () => mul(sumsOf()[1], inv),
        () => sumsOf()[0],
        () => dy,
      ];
    },
    composite: (gradient) => {
      const dy = relu ? applyFormula('batchNorm', rectified, { y, dy: gradient }) : gradient;
      return [...recordedGradients(x, w, axes, eps)(dy), () => dy];
    },
  });
  return { y, mean: reshape(mean, [channels]), variance: reshape(variance, [channels]), count };
}

/**
 * Normalises with a given mean and variance (C), such as running averages.
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
export function normalizeWith(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  { weight, bias, eps }: Affine,
  then: Epilogue,
): Tensor {
  const [w, b, m, v] = perChannel(x, { weight: weight ?? 1, bias: bias ?? 0, mean, variance });
  const a = applyFormula('batchNorm', factor, { w, variance: v }, { eps });
  return applyFormula('batchNorm', ...withEpilogue('(x - mean) * a + b', { x, mean: m, a, b }, then));
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
