import { type Formula, formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula, type Value } from '../apply-formula.js';

const relation = (symbol: string): Formula => formula(`y = a ${symbol} b`, { tensors: ['a', 'b', 'y'] });
const equal = relation('==');
const unequal = relation('!=');
const less = relation('<');
const lessOrEqual = relation('<=');
const greater = relation('>');
const greaterOrEqual = relation('>=');

/** a == b as bool, broadcasting. */
export function eq(a: Value, b: Value): Tensor {
  return applyFormula('eq', equal, { a, b }, {}, 'bool');
}

/** a != b as bool, broadcasting. */
export function ne(a: Value, b: Value): Tensor {
  return applyFormula('ne', unequal, { a, b }, {}, 'bool');
}

/** a < b as bool, broadcasting. */
export function lt(a: Value, b: Value): Tensor {
  return applyFormula('lt', less, { a, b }, {}, 'bool');
}

/** a <= b as bool, broadcasting. */
export function le(a: Value, b: Value): Tensor {
  return applyFormula('le', lessOrEqual, { a, b }, {}, 'bool');
}

/** a > b as bool, broadcasting. */
export function gt(a: Value, b: Value): Tensor {
  return applyFormula('gt', greater, { a, b }, {}, 'bool');
}

/** a >= b as bool, broadcasting. */
export function ge(a: Value, b: Value): Tensor {
  return applyFormula('ge', greaterOrEqual, { a, b }, {}, 'bool');
}
