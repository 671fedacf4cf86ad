import { formula } from '../../../formula/formula.js';
import { finite, positive } from '../../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';

const one = { tensors: ['x', 'y'] } as const;

// the derivatives of both branches of ?: are computed, and the one not taken is multiplied by 0: neither may overflow
const tanhOf = formula('y = tanh(x)', one);
const sigmoidOf = formula('y = sigmoid(x)', one);
const reluOf = formula('y = x <= 0 ? 0 : x', one);
const leakyReluOf = formula('y = x > 0 ? x : slope * x', { ...one, scalars: ['slope'] });
const geluOf = formula(`y = 0.5 * x * (1 + erf(${Math.SQRT1_2} * x))`, one);
const siluOf = formula('y = x * sigmoid(x)', one);
const eluOf = formula(
  `const below = x > 0 ? 0 : x
   y = x > 0 ? x : alpha * expm1(below)`,
  { ...one, scalars: ['alpha'] },
);
const softplusOf = formula(
  `const z = beta * x
   const above = z > 0 ? z : 0
   const minus = z > 0 ? -z : z
   y = z > threshold ? x : (above + log1p(exp(minus))) / beta`,
  { ...one, scalars: ['beta', 'threshold'] },
);

/** y = tanh x. */
export function tanh(x: Tensor): Tensor {
  return applyFormula('tanh', tanhOf, { x });
}

/** y = 1 / (1 + exp(-x)). */
export function sigmoid(x: Tensor): Tensor {
  return applyFormula('sigmoid', sigmoidOf, { x });
}

/** y = max(x, 0), which propagates NaN; int32 for integers. The gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return applyFormula('relu', reluOf, { x }, {}, 'promoted');
}

/** y = x where x > 0, slope * x elsewhere. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return applyFormula('leakyRelu', leakyReluOf, { x }, { slope });
}

/**
 * y = x * Phi(x) with the normal distribution function Phi, computed with erf instead of the tanh approximation
 * (Hendrycks and Gimpel, 2016).
 */
export function gelu(x: Tensor): Tensor {
  return applyFormula('gelu', geluOf, { x });
}

/** y = x * sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return applyFormula('silu', siluOf, { x });
}

/** y = x where x > 0, alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner, Hochreiter, 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  return applyFormula('elu', eluOf, { x }, { alpha });
}

/** Options of `softplus`. */
export interface SoftplusOptions {
  /**
   * Sharpness of the bend; greater than 0.
   * @default 1
   */
  readonly beta?: number;
  /**
   * Where beta * x is greater than this value, y is x itself.
   * @default 20
   */
  readonly threshold?: number;
}

const softplusOptions: OptionTable<Required<SoftplusOptions>> = { beta: positive(1), threshold: finite(20) };

/**
 * y = log(1 + exp(beta * x)) / beta, numerically stable for x of any magnitude.
 * @throws ValueError unless beta is positive.
 */
export function softplus(x: Tensor, options?: SoftplusOptions): Tensor {
  const { beta, threshold } = resolveOptions('softplus', softplusOptions, options);
  return applyFormula('softplus', softplusOf, { x }, { beta, threshold });
}
