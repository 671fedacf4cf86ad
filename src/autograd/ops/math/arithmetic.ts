import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula, type Value } from '../apply-formula.js';

const two = { tensors: ['a', 'b', 'y'] } as const;
const sumOf = formula('y = a + b', two);
const differenceOf = formula('y = a - b', two);
const productOf = formula('y = a * b', two);
const quotientOf = formula('y = a / b', two);
const powerOf = formula('y = pow(a, b)', two);
const squareOf = formula('y = a * a', { tensors: ['a', 'y'] });
const largerOf = formula('y = max(a, b)', two);
const smallerOf = formula('y = min(a, b)', two);
const negative = formula('y = -a', { tensors: ['a', 'y'] });

/**
 * y = a + b, broadcasting; int32 if no operand is float32.
 * @throws ShapeError if the shapes do not broadcast.
 */
export function add(a: Value, b: Value): Tensor {
  return applyFormula('add', sumOf, { a, b }, {}, 'promoted');
}

/**
 * y = a - b, broadcasting; int32 if no operand is float32.
 * @throws ShapeError if the shapes do not broadcast.
 */
export function sub(a: Value, b: Value): Tensor {
  return applyFormula('sub', differenceOf, { a, b }, {}, 'promoted');
}

/**
 * y = a * b, broadcasting; int32 if no operand is float32.
 * @throws ShapeError if the shapes do not broadcast.
 */
export function mul(a: Value, b: Value): Tensor {
  return applyFormula('mul', productOf, { a, b }, {}, 'promoted');
}

/**
 * y = a / b, broadcasting; always float32.
 * @throws ShapeError if the shapes do not broadcast.
 */
export function div(a: Value, b: Value): Tensor {
  return applyFormula('div', quotientOf, { a, b });
}

/**
 * y = a ** b, broadcasting; always float32.
 * @throws ShapeError if the shapes do not broadcast.
 */
export function pow(a: Value, b: Value): Tensor {
  // a product is faster and exact, and differentiable for negative a
  return b === 2 ? applyFormula('pow', squareOf, { a }) : applyFormula('pow', powerOf, { a, b });
}

/** The larger of a and b, broadcasting; ties share the gradient equally. */
export function maximum(a: Value, b: Value): Tensor {
  return applyFormula('maximum', largerOf, { a, b }, {}, 'promoted');
}

/** The smaller of a and b, broadcasting; ties share the gradient equally. */
export function minimum(a: Value, b: Value): Tensor {
  return applyFormula('minimum', smallerOf, { a, b }, {}, 'promoted');
}

/** y = -x. */
export function neg(x: Tensor): Tensor {
  return applyFormula('neg', negative, { a: x }, {}, 'promoted');
}
