import type { Tensor } from '../tensor/tensor.js';
import type { Layer, Module } from './module.js';
import { ModuleList } from './module-list.js';

/** A layer that may compute the next one in its own pass over memory. */
interface Joining extends Layer {
  /** The output of `next` for that of this layer; null if each has to be computed by itself. */
  forwardWithNext?(x: Tensor, next: Module | undefined): Tensor | null;
}

/**
 * Layers applied in order. Layer i is `sequential[i]`, and its tensors are named `i.weight` and so on. Without layers,
 * the input is returned unchanged.
 */
export class Sequential extends ModuleList<Layer> {
  /** @throws ValueError unless all are modules. */
  constructor(...layers: Layer[]) {
    super(layers);
  }

  /** The output of the last layer. */
  override forward(x: Tensor): Tensor {
    let y = x;
    const layers: readonly Joining[] = [...this];
    for (let i = 0; i < layers.length; i++) {
      const both = layers[i].forwardWithNext?.(y, layers[i + 1]);
      y = both ?? layers[i].forward(y);
      if (both) i++;
    }
    return y;
  }
}
