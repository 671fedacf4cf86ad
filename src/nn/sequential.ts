import type { Tensor } from '../tensor/tensor.js';
import type { Layer } from './module.js';
import { ModuleList } from './module-list.js';

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
    for (const layer of this) y = layer.forward(y);
    return y;
  }
}
