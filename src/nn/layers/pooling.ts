import { adaptiveAvgPool2d, avgPool2d } from '../../autograd/ops/nn/avg-pool2d.js';
import { maxPool2d } from '../../autograd/ops/nn/max-pool2d.js';
import type { Pair, Pool2dOptions } from '../../tensor/geometry.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';
import { noOther, pairText, wholePair } from '../options.js';

abstract class Pool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernelSize: Pair, { stride = kernelSize, padding = 0, ...rest }: Pool2dOptions = {}) {
    super();
    const kind = this.constructor.name;
    noOther(kind, rest, 'stride and padding');
    this.kernelSize = wholePair(kind, 'kernelSize', kernelSize);
    this.stride = wholePair(kind, 'stride', stride);
    this.padding = wholePair(kind, 'padding', padding, 0);
  }

  override describe(): string {
    const { kernelSize, stride, padding } = this;
    return `kernelSize=${pairText(kernelSize)}, stride=${pairText(stride)}, padding=${pairText(padding)}`;
  }
}

/**
 * Largest element of each window of x (B, C, H, W); stride defaults to the kernel size, padding to 0. Throws
 * ValueError for bad sizes and unknown options.
 */
export class MaxPool2d extends Pool2d {
  /** y (B, C, oH, oW). Throws ShapeError, ValueError or DtypeError. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }
}

/**
 * Mean of each window of x (B, C, H, W), padding counted as zeros; stride defaults to the kernel size, padding to 0.
 * Throws ValueError for bad sizes and unknown options.
 */
export class AvgPool2d extends Pool2d {
  /** y (B, C, oH, oW). Throws ShapeError, ValueError or DtypeError. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, { stride: this.stride, padding: this.padding });
  }
}

/** Means of x (B, C, H, W) over a grid of `outputSize` windows, whatever H and W. Throws ValueError for a bad size. */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: readonly [number, number];

  constructor(outputSize: Pair) {
    super();
    this.outputSize = wholePair('AdaptiveAvgPool2d', 'outputSize', outputSize);
  }

  /** y (B, C, ...outputSize). Throws ShapeError or DtypeError. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }

  override describe(): string {
    return pairText(this.outputSize);
  }
}
