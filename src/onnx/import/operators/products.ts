import { expectAxes } from '../../../autograd/ops/expect.js';
import { add, mul } from '../../../autograd/ops/math/arithmetic.js';
import { matmul, product } from '../../../autograd/ops/math/matmul.js';
import { linear } from '../../../autograd/ops/nn/linear.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Operator, Operators } from '../operator.js';

/** y = alpha a b + beta c. */
const gemm: Operator = {
  inputs: [2, 3],
  weights: [0, 1, 2],
  prepare(node) {
    const alpha = node.attribute('alpha', 'float', 1);
    const beta = node.attribute('beta', 'float', 1);
    const transposeA = node.flag('transA', false);
    const transposeB = node.flag('transB', false);
    for (const input of [0, 1]) node.expectAxes(input, 'a matrix', 2);
    return (inputs) => {
      const [a, b, c] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
      expectAxes('Gemm', 'matrices', a, 2);
      expectAxes('Gemm', 'matrices', b, 2);
      const isLinear = transposeB && !transposeA && alpha === 1 && beta === 1;
      if (isLinear && c?.ndim === 1 && c.size === b.shape[0]) return [linear(a, b, c)];
      const ab = product(a, b, { transposeA, transposeB });
      const y = alpha === 1 ? ab : mul(ab, alpha);
      return [c ? add(y, beta === 1 ? c : mul(c, beta)) : y];
    };
  },
};

/** Matrix products. */
export const productOperators: Operators = {
  Gemm: gemm,
  MatMul: {
    inputs: [2, 2],
    weights: [0, 1],
    prepare:
      () =>
      ([a, b]) => [matmul(a as Tensor, b as Tensor)],
  },
};
