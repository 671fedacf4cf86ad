import { type Formula, formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { elementwise, type Value } from '../elementwise.js';

const relation = (symbol: string): Formula => formula(`y = a ${symbol} b`, { tensors: ['a', 'b', 'y'] });
const equal = relation('==');
const unequal = relation('!=');
const less = relation('<');
const lessOrEqual = relation('<=');
const greater = relation('>');
const greaterOrEqual = relation('>=');
const choice = formula('y = test ? a : b', { tensors: ['test', 'a', 'b', 'y'] });

/** a == b as bool, broadcasting. */
export function eq(a: Value, b: Value): Tensor {
  return elementwise('eq', equal, { a, b }, {}, 'bool');
}

/** a != b as bool, broadcasting. */
export function ne(a: Value, b: Value): Tensor {
  return elementwise('ne', unequal, { a, b }, {}, 'bool');
}

/** a < b as bool, broadcasting. */
export function lt(a: Value, b: Value): Tensor {
  return elementwise('lt', less, { a, b }, {}, 'bool');
}

/** a <= b as bool, broadcasting. */
export function le(a: Value, b: Value): Tensor {
  return elementwise('le', lessOrEqual, { a, b }, {}, 'bool');
}

/** a > b as bool, broadcasting. */
export function gt(a: Value, b: Value): Tensor {
  return elementwise('gt', greater, { a, b }, {}, 'bool');
}

/** a >= b as bool, broadcasting. */
export function ge(a: Value, b: Value): Tensor {
  return elementwise('ge', greaterOrEqual, { a, b }, {}, 'bool');
}

/** `a` where `test` is true (not 0), `b` elsewhere; all three broadcast. int32 if none is float32. */
export function where(test: Tensor, a: Value, b: Value): Tensor {
  return elementwise('where', choice, { test, a, b }, {}, 'promoted');
}
