import { applyFormula } from '../../../autograd/ops/apply-formula.js';
import { cast } from '../../../autograd/ops/convert.js';
import { elu, gelu, leakyRelu, relu, sigmoid, softplus, tanh } from '../../../autograd/ops/math/activation.js';
import { neg } from '../../../autograd/ops/math/arithmetic.js';
import { clamp } from '../../../autograd/ops/math/clamp.js';
import { abs, cos, exp, log, sin, sqrt } from '../../../autograd/ops/math/elementary.js';
import { logSoftmax, softmax } from '../../../autograd/ops/math/softmax.js';
import { dropout } from '../../../autograd/ops/nn/dropout.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { type Formula, formula } from '../../../formula/formula.js';
import { normalizeAxis, numel } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { dataTypes } from '../../proto/data-types.js';
import type { Operator, Operators } from '../operator.js';

/** An operator on one tensor, without attributes. */
const unary = (compute: (x: Tensor) => Tensor): Operator => ({
  inputs: [1, 1],
  prepare:
    () =>
    ([x]) => [compute(x as Tensor)],
});

/** An operator that a formula defines, whose scalars are float attributes with these defaults. */
const defined = (text: string, scalars: Readonly<Record<string, number>> = {}): Operator => {
  const f: Formula = formula(text, { tensors: ['x', 'y'], scalars: Object.keys(scalars) });
  return {
    inputs: [1, 1],
    prepare(node) {
      const entries = Object.entries(scalars);
      const given = Object.fromEntries(
        entries.map(([name, initial]) => [name, node.attribute(name, 'float', initial)]),
      );
      return ([x]) => [applyFormula('importOnnx', f, { x: x as Tensor }, given)];
    },
  };
};

/** An operator with a factor alpha. */
const withAlpha = (compute: (x: Tensor, alpha: number) => Tensor, initial: number): Operator => ({
  inputs: [1, 1],
  prepare(node) {
    const alpha = node.attribute('alpha', 'float', initial);
    return ([x]) => [compute(x as Tensor, alpha)];
  },
});

/** Softmax, or its logarithm, along an axis; before version 13 along all axes from that one on. */
const alongAxis = (compute: (x: Tensor, axis: number) => Tensor): Operator => ({
  inputs: [1, 1],
  prepare(node) {
    const axis = node.attribute('axis', 'int', node.opset < 13 ? 1 : -1);
    return ([given]) => {
      const x = given as Tensor;
      if (node.opset >= 13) return [compute(x, axis)];
      const at = axis === x.ndim ? axis : normalizeAxis('softmax', axis, x.ndim);
      const rows = numel(x.shape.slice(0, at));
      return [reshape(compute(reshape(x, [rows, x.size / Math.max(1, rows)]), 1), x.shape)];
    };
  },
});

/** Limits, which were attributes before version 11. */
const clip: Operator = {
  inputs: [1, 3],
  read: [1, 2],
  prepare(node) {
    const limits = [node.attribute('min', 'float', null), node.attribute('max', 'float', null)];
    return ([x, ...given]) => {
      const [low, high] = limits.map((limit, i) => given[i]?.itemSync() ?? limit);
      return [low === null && high === null ? (x as Tensor) : clamp(x as Tensor, low, high)];
    };
  },
};

const dropoutOperator: Operator = {
  inputs: [1, 3],
  read: [1, 2],
  prepare(node) {
    const share = node.attribute('ratio', 'float', 0.5);
    node.attribute('seed', 'int', 0);
    return ([x, ratio], { training }) => [dropout(x as Tensor, ratio?.itemSync() ?? share, { training })];
  },
};

const castOperator: Operator = {
  inputs: [1, 1],
  moves: true,
  prepare(node) {
    const to = node.attribute('to', 'int', 0);
    node.attribute('saturate', 'int', 1);
    const type = Object.hasOwn(dataTypes, to) ? dataTypes[to] : node.fail('a type of numbers in to', `number ${to}`);
    return ([x]) => [cast(x as Tensor, type.dtype)];
  },
};

const geluOperator: Operator = {
  inputs: [1, 1],
  prepare(node) {
    node.choice('approximate', ['none']);
    return ([x]) => [gelu(x as Tensor)];
  },
};

/** Functions of single elements, and softmax. */
export const functionOperators: Operators = {
  Abs: unary(abs),
  Cos: unary(cos),
  Exp: unary(exp),
  Log: unary(log),
  Neg: unary(neg),
  Relu: unary(relu),
  Sigmoid: unary(sigmoid),
  Sin: unary(sin),
  Sqrt: unary(sqrt),
  Tanh: unary(tanh),
  Softplus: unary((x) => softplus(x)),
  Ceil: defined('y = ceil(x)'),
  Erf: defined('y = erf(x)'),
  Floor: defined('y = floor(x)'),
  HardSigmoid: defined('y = min(max(alpha * x + beta, 0), 1)', { alpha: 0.2, beta: 0.5 }),
  HardSwish: defined('y = x * min(max(x / 6 + 0.5, 0), 1)'),
  Reciprocal: defined('y = 1 / x'),
  Round: defined('y = round(x)'),
  Elu: withAlpha(elu, 1),
  LeakyRelu: withAlpha(leakyRelu, 0.01),
  Gelu: geluOperator,
  LogSoftmax: alongAxis(logSoftmax),
  Softmax: alongAxis(softmax),
  Clip: clip,
  Cast: castOperator,
  Dropout: dropoutOperator,
  Identity: {
    inputs: [1, 1],
    moves: true,
    prepare:
      () =>
      ([x]) => [x as Tensor],
  },
};
