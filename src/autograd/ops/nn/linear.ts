import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { commonBackend, empty, mapInto } from '../../../tensor/run.js';
import { numel } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat, expectShape } from '../expect.js';
import { product } from '../math/matmul.js';
import { sumOver } from '../math/reduction.js';
import { reshape } from '../shape/reshape.js';

const addBias = formula('y = y + bias', { tensors: ['y', 'bias'] });

/**
 * y (..., out) = x (..., in) weight^T + bias with weight (out, in) and bias (out).
 * @throws ShapeError for shapes that do not fit, DtypeError for tensors that are not float32.
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  for (const t of bias ? [x, weight, bias] : [x, weight]) expectFloat('linear', t);
  const lead = x.shape.slice(0, -1);
  const inputs = x.shape[x.ndim - 1];
  if (x.ndim === 0) throw new ShapeError(expected('linear', 'input (..., in)', shapeText(x.shape)));
  if (weight.ndim !== 2 || weight.shape[1] !== inputs) {
    throw new ShapeError(expected('linear', `weight (out, in) with in = ${inputs}`, shapeText(weight.shape)));
  }
  const outputs = weight.shape[0];
  if (bias) expectShape('linear', 'bias', bias, [outputs]);
  return reshape(rows(reshape(x, [numel(lead), inputs]), weight, bias), [...lead, outputs]);
}

/** `linear` for x (B, in). */
function rows(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const inputs = bias ? [x, weight, bias] : [x, weight];
  const backend = commonBackend('linear', inputs);
  const y = empty('linear', [x.shape[0], weight.shape[0]], 'float32', backend);
  backend.matmul(x, weight, y, { transposeB: true });
  if (bias) mapInto('linear', addBias, { y, bias });
  return record('linear', inputs, y, (dy) => [
    () => product(dy, weight),
    () => product(dy, x, { transposeA: true }),
    () => sumOver(dy, [0], false),
  ]);
}
