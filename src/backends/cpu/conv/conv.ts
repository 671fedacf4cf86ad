import type { Conv2dGeometry } from '../../../tensor/backend.js';
import type { Engine } from '../engine.js';
import { directConv2d, directInputGrad } from './direct.js';
import type { ConvTensors } from './tensors.js';
import { directWeightGrad } from './weight-grad.js';
import { winogradConv2d, winogradInputGrad, winogradPays } from './winograd.js';
import { winogradWeightGrad } from './winograd-weight-grad.js';

/**
 * `Backend.conv2d`: out (B, O, oH, oW) = x (B, C, H, W) * w (O, C/groups, kH, kW) + bias (O), by Winograd's method
 * where that is faster. The arguments of the gradients are pointers. Results of this function and of the gradients do
 * not depend on the number of threads.
 *
 * @throws OutOfMemoryError when there is no room for scratch memory, as do the gradients
 */
export function conv2d(engine: Engine, tensors: ConvTensors, g: Conv2dGeometry): void {
  (winogradPays(g) ? winogradConv2d : directConv2d)(engine, tensors, g);
}

/** `Backend.conv2dInputGrad`: dx from dy. */
export function conv2dInputGrad(engine: Engine, dy: number, w: number, dx: number, g: Conv2dGeometry): void {
  (winogradPays(g) ? winogradInputGrad : directInputGrad)(engine, dy, w, dx, g);
}

/** `Backend.conv2dWeightGrad`: dw from x and dy. */
export function conv2dWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  (winogradPays(g) ? winogradWeightGrad : directWeightGrad)(engine, x, dy, dw, g);
}
