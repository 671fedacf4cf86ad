import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula, type Value } from '../apply-formula.js';

const choice = formula('y = test ? a : b', { tensors: ['test', 'a', 'b', 'y'] });

/** `a` where `test` is true (not 0), `b` elsewhere; all three broadcast. int32 if none is float32. */
export function where(test: Tensor, a: Value, b: Value): Tensor {
  return applyFormula('where', choice, { test, a, b }, {}, 'promoted');
}
