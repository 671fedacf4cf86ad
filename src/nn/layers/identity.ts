import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** Returns its input; stands in where a layer may be left out. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
