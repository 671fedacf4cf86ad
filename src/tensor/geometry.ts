import { ShapeError, shapeText, ValueError } from '../errors.js';
import { count, optional, pairOf } from './option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from './options.js';

/** Two numbers for height and width, or one for both. */
export type Pair = number | readonly [number, number];

/** [height, width] of a pair. */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** Geometry of a two-dimensional convolution: x (B, C, H, W), w (O, C/groups, kH, kW), y (B, O, oH, oW). */
export interface Conv2dGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly groups: number;
}

/** Geometry of two-dimensional pooling over planes (B * C of them). */
export interface Pool2dGeometry {
  readonly planes: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
}

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
}

const conv2dOptions: OptionTable<Required<Conv2dOptions>> = {
  stride: pairOf(1, 1),
  padding: pairOf(0, 0),
  dilation: pairOf(1, 1),
  groups: count(1),
};

const pool2dOptions: OptionTable<Pool2dOptions> = { stride: optional(pairOf(1)), padding: pairOf(0, 0) };

const kernelSizes = pairOf(1);

function windows(length: number, kernel: number, stride: number, pad: number, dilation: number): number {
  return Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Checks shapes and options of a convolution. Throws ShapeError or ValueError. */
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
  const outHeight = windows(inHeight, kernelHeight, strideY, padY, dilationY);
  const outWidth = windows(inWidth, kernelWidth, strideX, padX, dilationX);
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

/** Checks shape and options of pooling over x (B, C, H, W). Throws ShapeError or ValueError naming `op`. */
export function pool2dGeometry(
  op: string,
  x: readonly number[],
  kernelSize: Pair,
  options?: Pool2dOptions,
): Pool2dGeometry {
  const { stride = kernelSize, padding = 0 } = resolveOptions(op, pool2dOptions, options);
  if (x.length !== 4) throw new ShapeError(`${op}: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [kernelHeight, kernelWidth] = pair(checkArgument(op, 'kernelSize', kernelSizes, kernelSize));
  const [strideY, strideX] = pair(stride);
  const [padY, padX] = pair(padding);
  if (2 * padY > kernelHeight || 2 * padX > kernelWidth) {
    throw new ValueError(`${op}: expected padding of at most half the kernel, got ${padding} for kernel ${kernelSize}`);
  }
  const [batch, channels, inHeight, inWidth] = x;
  const outHeight = windows(inHeight, kernelHeight, strideY, padY, 1);
  const outWidth = windows(inWidth, kernelWidth, strideX, padX, 1);
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
