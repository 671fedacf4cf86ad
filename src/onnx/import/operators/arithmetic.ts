import { applyFormula, type ResultKind, type Value } from '../../../autograd/ops/apply-formula.js';
import { cast } from '../../../autograd/ops/convert.js';
import { add, div, maximum, minimum, mul, pow, sub } from '../../../autograd/ops/math/arithmetic.js';
import { eq, ge, gt, le, lt } from '../../../autograd/ops/math/compare.js';
import { where } from '../../../autograd/ops/math/where.js';
import { formula } from '../../../formula/formula.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { Operator, Operators } from '../operator.js';
import { aligned, operandsOf } from '../static-values.js';

type Binary = (a: Value, b: Value) => Tensor;

const two = { tensors: ['a', 'b', 'y'] } as const;
const both = formula('y = a && b', two);
const either = formula('y = a || b', two);
const neither = formula('y = !a', { tensors: ['a', 'y'] });

/** An operator on two operands that broadcast. */
const binary = (compute: Binary, weights?: readonly number[]): Operator => ({
  inputs: [2, 2],
  weights,
  prepare: () => (inputs) => {
    const [a, b] = operandsOf(inputs);
    return [compute(a, b)];
  },
});

/** An operator on any number of operands. */
const variadic = (compute: Binary): Operator => ({
  inputs: [1, Number.POSITIVE_INFINITY],
  prepare: () => (inputs) => {
    const [first, ...rest] = aligned(inputs) as Tensor[];
    return [rest.reduce(compute, first)];
  },
});

const dtypeOf = (x: Value): string => (x instanceof Tensor ? x.dtype : Number.isInteger(x) ? 'int32' : 'float32');

/** Quotients of integers are integers, rounded toward zero. */
const quotient: Binary = (a, b) => {
  const y = div(a, b);
  return [a, b].some((x) => dtypeOf(x) === 'float32') ? y : cast(y, 'int32');
};

/** Powers have the type of their base. */
const power: Binary = (a, b) => {
  const y = pow(a, b);
  return a instanceof Tensor && a.dtype !== 'float32' ? cast(y, a.dtype) : y;
};

const logical = (f: typeof both): Binary => {
  const result: ResultKind = 'bool';
  return (a, b) => applyFormula('importOnnx', f, { a, b }, {}, result);
};

/** Operators of arithmetic and comparisons. */
export const arithmeticOperators: Operators = {
  Add: binary(add, [0, 1]),
  Sub: binary(sub),
  Mul: binary(mul, [0, 1]),
  Div: binary(quotient),
  Pow: binary(power),
  Max: variadic(maximum),
  Min: variadic(minimum),
  Sum: variadic(add),
  Equal: binary(eq),
  Less: binary(lt),
  LessOrEqual: binary(le),
  Greater: binary(gt),
  GreaterOrEqual: binary(ge),
  And: binary(logical(both)),
  Or: binary(logical(either)),
  Not: {
    inputs: [1, 1],
    prepare:
      () =>
      ([a]) => [applyFormula('importOnnx', neither, { a: a as Tensor }, {}, 'bool')],
  },
  Where: {
    inputs: [3, 3],
    prepare: () => (inputs) => {
      const [test, a, b] = aligned(inputs) as Tensor[];
      return [where(test, a, b)];
    },
  },
};
