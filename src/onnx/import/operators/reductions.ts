import { argmax, argmin } from '../../../autograd/ops/math/argmax.js';
import { cumsum } from '../../../autograd/ops/math/cumsum.js';
import { prod } from '../../../autograd/ops/math/prod.js';
import { max, mean, min, sum } from '../../../autograd/ops/math/reduction.js';
import { logsumexp } from '../../../autograd/ops/math/softmax.js';
import { flip } from '../../../autograd/ops/shape/slice.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Operator, Operators } from '../operator.js';
import { integersOf } from '../static-values.js';

/** A reduction over axes, which are an attribute or an input, depending on the version; without any, over all. */
const reduction = (reduce: typeof sum): Operator => ({
  inputs: [1, 2],
  read: [1],
  prepare(node) {
    const fixed = node.attribute('axes', 'ints', null);
    const keepDim = node.flag('keepdims', true);
    const isIdentity = node.flag('noop_with_empty_axes', false);
    return ([x, given]) => {
      const axes = given ? integersOf(given) : (fixed ?? []);
      if (axes.length === 0 && isIdentity) return [x as Tensor];
      return [reduce(x as Tensor, axes.length > 0 ? axes : undefined, { keepDim })];
    };
  },
});

const extreme = (find: typeof argmax): Operator => ({
  inputs: [1, 1],
  prepare(node) {
    const axis = node.attribute('axis', 'int', 0);
    const keepDim = node.flag('keepdims', true);
    node.choice('select_last_index', [0]);
    return ([x]) => [find(x as Tensor, axis, { keepDim })];
  },
});

const runningSum: Operator = {
  inputs: [2, 2],
  read: [1],
  prepare(node) {
    node.choice('exclusive', [0]);
    const isReverse = node.flag('reverse', false);
    return ([x, at]) => {
      const [axis] = integersOf(at as Tensor);
      if (!isReverse) return [cumsum(x as Tensor, axis)];
      return [flip(cumsum(flip(x as Tensor, axis), axis), axis)];
    };
  },
};

/** Reductions. */
export const reductionOperators: Operators = {
  ReduceLogSumExp: reduction(logsumexp),
  ReduceMax: reduction(max),
  ReduceMean: reduction(mean),
  ReduceMin: reduction(min),
  ReduceProd: reduction(prod),
  ReduceSum: reduction(sum),
  ArgMax: extreme(argmax),
  ArgMin: extreme(argmin),
  CumSum: runningSum,
};
