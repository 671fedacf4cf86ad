import { ShapeError, shapeText, ValueError } from '../errors.js';
import type { Conv2dGeometry, Pool2dGeometry } from './backend.js';
import { count, countPair, flag, naturalPair, optional } from './option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from './options.js';
import { type Pair, pair } from './shape.js';

/** Options of a convolution. */
export interface Conv2dOptions {
  /** @default 1 */
  readonly stride?: Pair;
  /** @default 0 */
  readonly padding?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
}

/** Options of pooling. */
export interface Pool2dOptions {
  /** Default: the kernel size. */
  readonly stride?: Pair;
  /** @default 0 */
  readonly padding?: Pair;
  /**
   * Let the last windows extend beyond the padded input, if they begin within the input or the padding before it.
   * @default false
   */
  readonly ceilMode?: boolean;
}

/** The table of `Conv2dOptions`. */
export const conv2dOptions: OptionTable<Required<Conv2dOptions>> = {
  stride: countPair(1),
  padding: naturalPair(0),
  dilation: countPair(1),
  groups: count(1),
};

/** The table of `Pool2dOptions`. */
export const pool2dOptions: OptionTable<Pool2dOptions> = {
  stride: optional(countPair()),
  padding: naturalPair(0),
  ceilMode: flag(false),
};

const kernelSizes = countPair();

/** Number of windows along an axis. */
function windowCount(length: number, kernel: number, stride: number, pad: number, ceilMode = false): number {
  const steps = (length + 2 * pad - kernel) / stride;
  const most = Math.ceil(steps);
  // a window that begins behind the input would see nothing but padding
  return (ceilMode && most * stride < length + pad ? most : Math.floor(steps)) + 1;
}

/**
 * Checks the shapes and options of a convolution and returns its geometry.
 * @throws ShapeError for shapes that do not fit, ValueError for bad options.
 */
export function conv2dGeometry(x: readonly number[], w: readonly number[], options?: Conv2dOptions): Conv2dGeometry {
  const { stride, padding, dilation, groups } = resolveOptions('conv2d', conv2dOptions, options);
  if (x.length !== 4) throw new ShapeError(`conv2d: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [strideY, strideX] = pair(stride);
  const [padY, padX] = pair(padding);
  const [dilationY, dilationX] = pair(dilation);
  const [batch, inChannels, inHeight, inWidth] = x;
  if (w.length !== 4 || w[1] * groups !== inChannels || w[0] % groups !== 0) {
    throw new ShapeError(
      `conv2d: expected weight (out, in/groups, kH, kW) with in = ${inChannels} and groups = ${groups} dividing out, got ${shapeText(w)}`,
    );
  }
  const [outChannels, , kernelHeight, kernelWidth] = w;
  const outHeight = windowCount(inHeight, dilationY * (kernelHeight - 1) + 1, strideY, padY);
  const outWidth = windowCount(inWidth, dilationX * (kernelWidth - 1) + 1, strideX, padX);
  if (kernelHeight < 1 || kernelWidth < 1 || outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      `conv2d: expected a kernel that fits the padded input, got kernel (${kernelHeight}, ${kernelWidth}) on ${shapeText(x)} with padding (${padY}, ${padX})`,
    );
  }
  return {
    batch,
    inChannels,
    inHeight,
    inWidth,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    padY,
    padX,
    dilationY,
    dilationX,
    groups,
  };
}

/**
 * Checks the shape and options of pooling over x (B, C, H, W) and returns its geometry.
 * @throws ShapeError for a shape that does not fit, ValueError for bad options; messages name `op`.
 */
export function pool2dGeometry(
  op: string,
  x: readonly number[],
  kernelSize: Pair,
  options?: Pool2dOptions,
): Pool2dGeometry {
  const { stride = kernelSize, padding = 0, ceilMode } = resolveOptions(op, pool2dOptions, options);
  if (x.length !== 4) throw new ShapeError(`${op}: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [kernelHeight, kernelWidth] = pair(checkArgument(op, 'kernelSize', kernelSizes, kernelSize));
  const [strideY, strideX] = pair(stride);
  const [padY, padX] = pair(padding);
  if (2 * padY > kernelHeight || 2 * padX > kernelWidth) {
    throw new ValueError(`${op}: expected padding of at most half the kernel, got ${padding} for kernel ${kernelSize}`);
  }
  const [batch, channels, inHeight, inWidth] = x;
  const outHeight = windowCount(inHeight, kernelHeight, strideY, padY, ceilMode);
  const outWidth = windowCount(inWidth, kernelWidth, strideX, padX, ceilMode);
  if (outHeight < 1 || outWidth < 1) {
    throw new ShapeError(`${op}: expected a kernel that fits the padded input, got ${kernelSize} on ${shapeText(x)}`);
  }
  return {
    planes: batch * channels,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    padY,
    padX,
  };
}
