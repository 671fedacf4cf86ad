import { adaptiveAvgPool2d, adaptiveMaxPool2d } from '../../autograd/ops/nn/adaptive-pool2d.js';
import { avgPool2d } from '../../autograd/ops/nn/avg-pool2d.js';
import { maxPool2d } from '../../autograd/ops/nn/max-pool2d.js';
import { type Pool2dOptions, pool2dOptions } from '../../tensor/geometry.js';
import { countPair } from '../../tensor/option-kinds.js';
import { checkArgument, resolveOptions } from '../../tensor/options.js';
import { type Pair, pair, pairText } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** Base class of pooling layers: stores kernel size, stride, padding and ceilMode. */
export abstract class Pool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceilMode: boolean;

  constructor(kernelSize: Pair, options: Pool2dOptions = {}) {
    super();
    const label = this.constructor.name;
    const { stride = kernelSize, padding = 0, ceilMode = false } = resolveOptions(label, pool2dOptions, options);
    this.kernelSize = pair(checkArgument(label, 'kernelSize', countPair(), kernelSize));
    this.stride = pair(stride);
    this.padding = pair(padding);
    this.ceilMode = ceilMode;
  }

  override describe(): string {
    const { kernelSize, stride, padding, ceilMode } = this;
    const rare = ceilMode ? ', ceilMode=true' : '';
    return `kernelSize=${pairText(kernelSize)}, stride=${pairText(stride)}, padding=${pairText(padding)}${rare}`;
  }
}

/**
 * Largest element of each window of x (B, C, H, W); stride defaults to the kernel size, padding to 0. With `ceilMode`
 * (default false) the last windows may extend beyond the padded input.
 * @throws ValueError for bad sizes and unknown options.
 */
export class MaxPool2d extends Pool2d {
  /**
   * Returns y (B, C, oH, oW).
   * @throws ShapeError for a shape that does not fit, ValueError for bad options, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    const { stride, padding, ceilMode } = this;
    return maxPool2d(x, this.kernelSize, { stride, padding, ceilMode });
  }
}

/**
 * Mean of each window of x (B, C, H, W), which counts padding as zeros; stride defaults to the kernel size, padding to
 * 0. With `ceilMode` (default false) the last windows may extend beyond the padded input; what is beyond it does not
 * count.
 * @throws ValueError for bad sizes and unknown options.
 */
export class AvgPool2d extends Pool2d {
  /**
   * Returns y (B, C, oH, oW).
   * @throws ShapeError for a shape that does not fit, ValueError for bad options, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    const { stride, padding, ceilMode } = this;
    return avgPool2d(x, this.kernelSize, { stride, padding, ceilMode });
  }
}

/** Base class of adaptive pooling layers: stores the size of the output. */
export abstract class AdaptivePool2d extends Module {
  readonly outputSize: readonly [number, number];

  constructor(outputSize: Pair) {
    super();
    this.outputSize = pair(checkArgument(this.constructor.name, 'outputSize', countPair(), outputSize));
  }

  override describe(): string {
    return pairText(this.outputSize);
  }
}

/**
 * Means of x (B, C, H, W) over a grid of `outputSize` windows, for any H and W. `new AdaptiveAvgPool2d(1)` is global
 * average pooling.
 * @throws ValueError for a bad size.
 */
export class AdaptiveAvgPool2d extends AdaptivePool2d {
  /**
   * Returns y (B, C, ...outputSize).
   * @throws ShapeError for a shape that does not fit, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Largest elements of x (B, C, H, W) in a grid of `outputSize` windows, for any H and W. `new AdaptiveMaxPool2d(1)` is
 * global max pooling.
 * @throws ValueError for a bad size.
 */
export class AdaptiveMaxPool2d extends AdaptivePool2d {
  /**
   * Returns y (B, C, ...outputSize).
   * @throws ShapeError for a shape that does not fit, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}
