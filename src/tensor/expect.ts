import { expected, textOf, ValueError } from '../errors.js';
import { Tensor } from './tensor.js';

/**
 * Checks that x is a tensor.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectTensor(op: string, x: unknown, what = 'a tensor'): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x is a list.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectList(op: string, what: string, x: unknown): asserts x is readonly unknown[] {
  if (!Array.isArray(x)) throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x can be iterated over, such as a list or a generator.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectIterable(op: string, what: string, x: unknown): void {
  const isObject = typeof x === 'object' && x !== null;
  if (!isObject || typeof (x as Partial<Iterable<unknown>>)[Symbol.iterator] !== 'function') {
    throw new ValueError(expected(op, what, textOf(x)));
  }
}

/**
 * Checks that x is a list of numbers or a typed array.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectNumbers(op: string, what: string, x: unknown): asserts x is ArrayLike<number> {
  const isTyped = ArrayBuffer.isView(x) && !(x instanceof DataView);
  if (!isTyped && !Array.isArray(x)) throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x is text.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectText(op: string, what: string, x: unknown): asserts x is string {
  if (typeof x !== 'string') throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x is an object, and not a list or a function.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectObject(op: string, what: string, x: unknown): asserts x is object {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x is a function.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectFunction(op: string, what: string, x: unknown): void {
  if (typeof x !== 'function') throw new ValueError(expected(op, what, textOf(x)));
}

/**
 * Checks that x is a number, of any value.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectNumber(op: string, what: string, x: unknown): asserts x is number {
  if (typeof x !== 'number') throw new ValueError(expected(op, what, textOf(x)));
}
