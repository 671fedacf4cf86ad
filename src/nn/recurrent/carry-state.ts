import { detach } from '../../autograd/graph.js';
import { expectList, expectTensor } from '../../tensor/expect.js';
import { keep } from '../../tensor/memory/scope.js';
import { Tensor } from '../../tensor/tensor.js';

/**
 * Carries the state at the end of one window of a long sequence into the next (truncated backpropagation through time):
 * returns its values without their history, kept beyond the scope of the window. Frees `previous`, the state carried
 * before; call this function after backward, which still needs it. `state` is a tensor or a list of tensors, such as
 * [h, c].
 * @example
 * let state: [Tensor, Tensor] | undefined;
 * for await (const { input, target } of windows) {
 *   const [logits, next] = model.forward(input, state);
 *   // loss, backward, step
 *   state = nn.carryState(next, state);
 * }
 */
export function carryState<S extends Tensor | readonly Tensor[]>(state: S, previous?: S | null): S {
  const list = (of: Tensor | readonly Tensor[]): readonly Tensor[] => (of instanceof Tensor ? [of] : of);
  for (const given of [state, ...(previous ? [previous] : [])]) {
    const tensors: unknown = list(given);
    expectList('carryState', 'a tensor or a list of tensors', tensors);
    for (const t of tensors) expectTensor('carryState', t);
  }
  const carried = list(state).map((t) => keep(detach(t)));
  if (previous) for (const t of list(previous)) t.dispose();
  return (state instanceof Tensor ? carried[0] : carried) as S;
}
