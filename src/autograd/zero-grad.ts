import type { Tensor } from '../tensor/tensor.js';
import { gradOf, setGrad } from './graph.js';

/** Frees and clears the gradients of `tensors`. */
export function zeroGrad(tensors: Iterable<Tensor>): void {
  for (const t of tensors) {
    gradOf(t)?.dispose();
    setGrad(t, null);
  }
}
