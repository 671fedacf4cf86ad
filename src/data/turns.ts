import { enterScope, leaveScope } from '../tensor/scope.js';

/**
 * Gives `make(i)` for i from `start` up to but without `end`. Each turn of the loop is a scope: tensors made in the body,
 * and what `make` gives, are freed when the loop advances or ends, by `break`, `return` and `throw` too.
 */
export async function* turns<B>(
  start: number,
  end: number,
  make: (i: number) => B | Promise<B>,
): AsyncGenerator<B, void, undefined> {
  for (let i = start; i < end; i++) {
    const turn = enterScope();
    try {
      yield await make(i);
    } finally {
      leaveScope(turn);
    }
  }
}
