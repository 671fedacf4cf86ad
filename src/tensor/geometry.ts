import { ShapeError, shapeText, ValueError } from '../errors.js';

/** Two numbers for height and width, or one for both. */
export type Pair = number | readonly [number, number];

/** [height, width] of a pair. */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** A pair as text: one number where both are equal, else `(h, w)`. */
export function pairText([height, width]: readonly [number, number]): string {
  return height === width ? `${height}` : `(${height}, ${width})`;
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

/** Options of a convolution, with PyTorch's defaults: stride 1, padding 0, dilation 1, groups 1. */
export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/** Options of pooling: stride defaults to the kernel size, padding to 0. */
export interface Pool2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
}

/** Number of windows along an axis. */
function windowCount(length: number, kernel: number, stride: number, pad: number, dilation: number): number {
  return Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Two integers of at least `least`. Throws ValueError naming `op` and `name`. */
function integerPair(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const both = pair(value);
  if (both.length !== 2 || !both.every((n) => Number.isInteger(n) && n >= least)) {
    throw new ValueError(`${op}: expected ${name} of at least ${least}, got ${value}`);
  }
  return both;
}

/** Checks shapes and options of a convolution. Throws ShapeError or ValueError. */
export function conv2dGeometry(
  x: readonly number[],
  w: readonly number[],
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions = {},
): Conv2dGeometry {
  if (x.length !== 4) throw new ShapeError(`conv2d: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [strideY, strideX] = integerPair('conv2d', 'stride', stride, 1);
  const [padY, padX] = integerPair('conv2d', 'padding', padding, 0);
  const [dilationY, dilationX] = integerPair('conv2d', 'dilation', dilation, 1);
  if (!Number.isInteger(groups) || groups < 1) throw new ValueError(`conv2d: expected groups >= 1, got ${groups}`);
  const [batch, inChannels, inHeight, inWidth] = x;
  if (w.length !== 4 || w[1] * groups !== inChannels || w[0] % groups !== 0) {
    throw new ShapeError(
      `conv2d: expected weight (out, in/groups, kH, kW) with in = ${inChannels} and groups = ${groups} dividing out, got ${shapeText(w)}`,
    );
  }
  const [outChannels, , kernelHeight, kernelWidth] = w;
  const outHeight = windowCount(inHeight, kernelHeight, strideY, padY, dilationY);
  const outWidth = windowCount(inWidth, kernelWidth, strideX, padX, dilationX);
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
  { stride = kernelSize, padding = 0 }: Pool2dOptions = {},
): Pool2dGeometry {
  if (x.length !== 4) throw new ShapeError(`${op}: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [kernelHeight, kernelWidth] = integerPair(op, 'kernel size', kernelSize, 1);
  const [strideY, strideX] = integerPair(op, 'stride', stride, 1);
  const [padY, padX] = integerPair(op, 'padding', padding, 0);
  if (2 * padY > kernelHeight || 2 * padX > kernelWidth) {
    throw new ValueError(`${op}: expected padding of at most half the kernel, got ${padding} for kernel ${kernelSize}`);
  }
  const [batch, channels, inHeight, inWidth] = x;
  const outHeight = windowCount(inHeight, kernelHeight, strideY, padY, 1);
  const outWidth = windowCount(inWidth, kernelWidth, strideX, padX, 1);
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
