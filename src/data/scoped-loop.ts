import { enterScope, leaveScope } from '../tensor/scope.js';

/**
 * Yields `make(i)` for i from `start` to `end` (exclusive). Each iteration is a scope: the tensors made in the body of
 * the loop and those that `make` returns are freed when the loop advances or ends, also by `break`, `return` or
 * `throw`.
 */
export async function* scopedLoop<B>(
  start: number,
  end: number,
  make: (i: number) => B | Promise<B>,
): AsyncGenerator<B, void, undefined> {
  for (let i = start; i < end; i++) {
    const iteration = enterScope();
    try {
      yield await make(i);
    } finally {
      leaveScope(iteration);
    }
  }
}
