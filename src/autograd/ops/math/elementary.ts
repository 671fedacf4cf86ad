import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';

const apply = (name: string) => formula(`y = ${name}(x)`, { tensors: ['x', 'y'] });
const absolute = apply('abs');
const root = apply('sqrt');
const exponential = apply('exp');
const logarithm = apply('log');
const sine = apply('sin');
const cosine = apply('cos');

/** y = |x|; int32 for integers. The gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return applyFormula('abs', absolute, { x }, {}, 'promoted');
}

/** y = square root of x; NaN for negative x, and an infinite gradient at 0. */
export function sqrt(x: Tensor): Tensor {
  return applyFormula('sqrt', root, { x });
}

/** y = e ** x. */
export function exp(x: Tensor): Tensor {
  return applyFormula('exp', exponential, { x });
}

/** y = natural logarithm of x; -Infinity at 0, NaN for negative x. */
export function log(x: Tensor): Tensor {
  return applyFormula('log', logarithm, { x });
}

/** y = sin x, x in radians. */
export function sin(x: Tensor): Tensor {
  return applyFormula('sin', sine, { x });
}

/** y = cos x, x in radians. */
export function cos(x: Tensor): Tensor {
  return applyFormula('cos', cosine, { x });
}
