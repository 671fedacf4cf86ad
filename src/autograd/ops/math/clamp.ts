import { expected, textOf, ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { expectTensor } from '../../../tensor/expect.js';
import type { Option } from '../../../tensor/option-kinds.js';
import { checkArgument } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';

/** A number that is not NaN, or null. */
const limit: Option<number | null> = {
  initial: undefined,
  wanted: 'to be a number or null',
  accepts: (x) => x === null || (typeof x === 'number' && !Number.isNaN(x)),
};

const clamped = formula('y = x < low ? low : x > high ? high : x', { tensors: ['x', 'y'], scalars: ['low', 'high'] });

/**
 * Limits x to [low, high], either of which may be null for no limit; int32 for integers, NaN stays NaN. The gradient is
 * 1 within and at the limits, 0 outside.
 * @throws ValueError if low is greater than high or neither is given.
 */
export function clamp(x: Tensor, low: number | null, high: number | null = null): Tensor {
  expectTensor('clamp', x);
  checkArgument('clamp', 'low', limit, low);
  checkArgument('clamp', 'high', limit, high);
  const least = low ?? (x.dtype === 'float32' ? Number.NEGATIVE_INFINITY : -(2 ** 31));
  const most = high ?? (x.dtype === 'float32' ? Number.POSITIVE_INFINITY : 2 ** 31 - 1);
  if ((low === null && high === null) || !(least <= most)) {
    throw new ValueError(expected('clamp', 'limits low <= high', `${textOf(low)} and ${textOf(high)}`));
  }
  return applyFormula('clamp', clamped, { x }, { low: least, high: most }, 'promoted');
}
