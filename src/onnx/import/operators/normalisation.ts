import { expand } from '../../../autograd/ops/math/reduction.js';
import { batchNorm } from '../../../autograd/ops/nn/batch-norm.js';
import { layerNorm } from '../../../autograd/ops/nn/layer-norm.js';
import { normalizeAxis, sameShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Operator, Operators } from '../operator.js';

/** Uses the statistics of the batch in training, and then updates the running ones if they are buffers. */
const batchNormalization: Operator = {
  inputs: [5, 5],
  weights: [1, 2],
  prepare(node) {
    const eps = node.attribute('epsilon', 'float', 1e-5);
    const momentum = 1 - node.attribute('momentum', 'float', 0.9);
    node.choice('training_mode', [0]);
    for (const input of [1, 2, 3, 4]) node.expectAxes(input, 'one value per channel (C)', 1);
    return (inputs, { training, isBuffer }) => {
      const [x, weight, bias, mean, variance] = inputs as readonly Tensor[];
      const isTraining = training && isBuffer(node.inputs[3]) && isBuffer(node.inputs[4]);
      return [batchNorm(x, mean, variance, weight, bias, { training: isTraining, momentum, eps })];
    };
  },
};

const layerNormalization: Operator = {
  inputs: [2, 3],
  weights: [1, 2],
  prepare(node) {
    const eps = node.attribute('epsilon', 'float', 1e-5);
    const axis = node.attribute('axis', 'int', -1);
    node.choice('stash_type', [1]);
    return (inputs) => {
      const [x, scale, bias] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
      const shape = x.shape.slice(normalizeAxis('LayerNormalization', axis, x.ndim));
      const whole = (t: Tensor) => (sameShape(t.shape, shape) ? t : expand(t, shape));
      return [layerNorm(x, shape, whole(scale), bias ? whole(bias) : null, eps)];
    };
  },
};

/** Normalisation. */
export const normalisationOperators: Operators = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
};
