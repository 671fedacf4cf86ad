import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { expectTensor } from '../../../tensor/expect.js';
import { map, reduce } from '../../../tensor/run.js';
import { checkShape, numel, sameShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat, expectShape } from '../expect.js';
import { filled } from '../fill.js';
import { inputGradient, moments, recordedGradients, standardized } from './standardize.js';

const sums = formula(
  `const g = w * dy
   s = sum(g)
   p = sum(g * (x - mean))`,
  { tensors: ['w', 'dy', 'x', 'mean', 's', 'p'] },
);
const slopes = formula('v = p * inv * inv', { tensors: ['p', 'inv', 'v'] });
const weightGradient = formula('dw = sum(dy * (x - mean) * inv)', { tensors: ['dy', 'x', 'mean', 'inv', 'dw'] });

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias with the mean and (biased) variance over the last axes, whose
 * lengths are `normalizedShape`; weight and bias have that shape and default to 1 and 0 (Ba, Kiros, Hinton, 2016).
 * @throws ShapeError for shapes that do not fit, DtypeError for tensors that are not float32.
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  eps = 1e-5,
): Tensor {
  expectTensor('layerNorm', x);
  checkShape('layerNorm', normalizedShape);
  const lead = x.ndim - normalizedShape.length;
  const axes = normalizedShape.map((_, i) => lead + i);
  if (
    lead < 0 ||
    axes.length === 0 ||
    numel(normalizedShape) === 0 ||
    !sameShape(x.shape.slice(Math.max(0, lead)), normalizedShape)
  ) {
    throw new ShapeError(expected('layerNorm', `input (..., ${normalizedShape.join(', ')})`, shapeText(x.shape)));
  }
  expectFloat('layerNorm', x);
  for (const [name, t] of Object.entries({ weight, bias })) {
    if (t) expectFloat('layerNorm', t);
    if (t) expectShape('layerNorm', name, t, normalizedShape);
  }
  const constant = (value: number) => filled('layerNorm', [1], value, 'float32', x.storage.backend);
  const w = weight ?? constant(1);
  const b = bias ?? constant(0);
  const rows = x.shape.slice(0, lead).map((_, axis) => axis);
  const found = moments('layerNorm', x, axes, eps);
  const { mean, inv } = found;
  return record('layerNorm', [x, w, b], standardized('layerNorm', { x, w, b }, found), {
    backward: (dy) => [
      () => {
        const [s, p] = reduce('layerNorm', sums, { w, dy, x, mean }, { axes, keepDim: true });
        return inputGradient('layerNorm', { x, w, b, dy }, found, { s, v: map('layerNorm', slopes, { p, inv }) });
      },
      () => reduce('layerNorm', weightGradient, { dy, x, mean, inv }, { axes: rows })[0],
      () => dy,
    ],
    composite: recordedGradients(x, w, axes, eps),
  });
}
