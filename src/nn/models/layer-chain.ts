import { isGradEnabled } from '../../autograd/mode.js';
import { scope } from '../../tensor/memory/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type Layer, Module } from '../module.js';

/** Layers applied in order, in fields with the given names: a Sequential with names instead of numbers. */
export class LayerChain extends Module {
  constructor(layers: Readonly<Record<string, Layer>>) {
    super();
    Object.assign(this, layers);
  }

  /** The output of the last layer. */
  forward(x: Tensor): Tensor {
    return applyInOrder(this.children() as Layer[], x);
  }
}

/** The output of the last of `layers`, each of which maps the output of the one before. */
export function applyInOrder(layers: readonly Layer[], x: Tensor): Tensor {
  return layers.reduce((y, layer) => {
    const next = inScope(() => layer.forward(y));
    // nobody else has the output of a layer; x is the caller's
    if (!isGradEnabled() && y !== x && y !== next) y.dispose();
    return next;
  }, x);
}

/** f(), which keeps what backward may need; while nothing is recorded, it frees all but the result. */
export function inScope(f: () => Tensor): Tensor {
  return isGradEnabled() ? f() : scope(f);
}
