import type { Tensor } from '../../../tensor/tensor.js';
import { gradAtBoundary } from '../../backward.js';
import { type Backward, requiresGrad } from '../../graph.js';
import { reshape } from '../shape/reshape.js';

/**
 * Makes the composite backward of a fused operation: it recomputes the same function of the same inputs with recorded
 * operations and takes the gradients of that, which can be differentiated to any order.
 */
export function recomputed(
  inputs: readonly Tensor[],
  again: (inputs: readonly Tensor[]) => readonly Tensor[],
): Backward {
  return (...dys) => {
    let gradients: (Tensor | null)[] | undefined;
    const compute = () => {
      // the boundary stops this pass at these tensors; higher derivatives use their recorded path to the inputs
      const inside = inputs.map((x) => reshape(x, x.shape));
      const ys = again(inside);
      const live = ys.flatMap((y, i) => (dys[i] && requiresGrad(y) ? [i] : []));
      const incoming = live.map((i) => dys[i] as Tensor);
      return gradAtBoundary(
        live.map((i) => ys[i]),
        incoming,
        inside,
        { createGraph: true },
      );
    };
    return inputs.map((_, i) => () => {
      gradients ??= compute();
      return gradients[i];
    });
  };
}
