import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { expectTensor } from '../../../tensor/expect.js';
import { type Conv2dOptions, conv2dGeometry } from '../../../tensor/geometry.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat, expectShape } from '../expect.js';
import { sumOver } from '../math/reduction.js';

/**
 * y (B, O, oH, oW) = x (B, C, H, W) * weight (O, C/groups, kH, kW) + bias (O): cross-correlation, as in PyTorch.
 * @throws ShapeError for shapes that do not fit, ValueError for bad options, DtypeError for tensors that are not
 * float32.
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options?: Conv2dOptions): Tensor {
  expectTensor('conv2d', x, 'input (B, C, H, W)');
  expectTensor('conv2d', weight, 'weight (O, C, kH, kW)');
  const geometry = conv2dGeometry(x.shape, weight.shape, options);
  if (bias) expectShape('conv2d', 'bias', bias, [geometry.outChannels]);
  return convolve(x, weight, bias, geometry);
}

// the gradients of each of the three functions below are calls of the other two, so derivatives of any order exist

function convolve(x: Tensor, w: Tensor, bias: Tensor | null, g: Conv2dGeometry): Tensor {
  const inputs = bias ? [x, w, bias] : [x, w];
  for (const t of inputs) expectFloat('conv2d', t);
  const backend = commonBackend('conv2d', inputs);
  const y = empty('conv2d', [g.batch, g.outChannels, g.outHeight, g.outWidth], 'float32', backend);
  backend.conv2d(x, w, bias, y, g);
  return record('conv2d', inputs, y, (dy) => [
    () => inputGradient(dy, w, g),
    () => weightGradient(x, dy, g),
    () => sumOver(dy, [0, 2, 3], false),
  ]);
}

function inputGradient(dy: Tensor, w: Tensor, g: Conv2dGeometry): Tensor {
  const backend = commonBackend('conv2d', [dy, w]);
  const dx = empty('conv2dInputGrad', [g.batch, g.inChannels, g.inHeight, g.inWidth], 'float32', backend);
  backend.conv2dInputGrad(dy, w, dx, g);
  return record('conv2dInputGrad', [dy, w], dx, (ddx) => [
    () => convolve(ddx, w, null, g),
    () => weightGradient(ddx, dy, g),
  ]);
}

function weightGradient(x: Tensor, dy: Tensor, g: Conv2dGeometry): Tensor {
  const backend = commonBackend('conv2d', [x, dy]);
  const shape = [g.outChannels, g.inChannels / g.groups, g.kernelHeight, g.kernelWidth];
  const dw = empty('conv2dWeightGrad', shape, 'float32', backend);
  backend.conv2dWeightGrad(x, dy, dw, g);
  return record('conv2dWeightGrad', [x, dy], dw, (ddw) => [
    () => inputGradient(dy, ddw, g),
    () => convolve(x, ddw, null, g),
  ]);
}
