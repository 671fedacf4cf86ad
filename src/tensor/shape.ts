import { ShapeError, shapeText, ValueError } from '../errors.js';

/** Number of elements of a shape; 1 for a scalar. */
export function numel(shape: readonly number[]): number {
  let n = 1;
  for (const length of shape) n *= length;
  return n;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** True if both shapes have the same axes. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** The common shape of operands under NumPy's broadcasting. Throws ShapeError naming `op`. */
export function broadcastShapes(op: string, ...shapes: readonly (readonly number[])[]): number[] {
  const ndim = Math.max(0, ...shapes.map((shape) => shape.length));
  const out = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = ndim - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) {
        throw new ShapeError(`${op}: expected shapes that broadcast, got ${shapes.map(shapeText).join(' and ')}`);
      }
      out[at] = shape[i];
    }
  }
  return out;
}

/** Strides that read a tensor of `shape` as if it had the broadcast shape `out`: 0 along repeated axes. */
export function broadcastStrides(
  shape: readonly number[],
  out: readonly number[],
  own: readonly number[] = stridesOf(shape),
): number[] {
  const lead = out.length - shape.length;
  return out.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]));
}

/** A non-negative axis from one that may count from the end. Throws ValueError naming `op`. */
export function normalizeAxis(op: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new ValueError(`${op}: expected axis in [${-ndim}, ${ndim - 1}], got ${axis}`);
  }
  return axis < 0 ? axis + ndim : axis;
}

/** Sorted distinct axes; undefined means all of them. Throws ValueError naming `op`. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, ndim: number): number[] {
  if (axes === undefined) return Array.from({ length: ndim }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, ndim));
  if (new Set(list).size !== list.length) throw new ValueError(`${op}: expected distinct axes, got ${axes}`);
  return list.sort((a, b) => a - b);
}

/** The shape after reducing `axes`, which stay with size 1 if `keepDim`. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keepDim: boolean): number[] {
  return keepDim
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Checks that every axis is a whole number of at least 0. Throws ShapeError naming `op`. */
export function checkShape(op: string, shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape) || !shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new ShapeError(`${op}: expected a shape of whole numbers, got (${shape})`);
  }
  return shape;
}

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

function windows(length: number, kernel: number, stride: number, pad: number, dilation: number): number {
  return Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

function whole(op: string, name: string, value: Pair, least: number): readonly [number, number] {
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
  const [strideY, strideX] = whole('conv2d', 'stride', stride, 1);
  const [padY, padX] = whole('conv2d', 'padding', padding, 0);
  const [dilationY, dilationX] = whole('conv2d', 'dilation', dilation, 1);
  if (!Number.isInteger(groups) || groups < 1) throw new ValueError(`conv2d: expected groups >= 1, got ${groups}`);
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
  { stride = kernelSize, padding = 0 }: Pool2dOptions = {},
): Pool2dGeometry {
  if (x.length !== 4) throw new ShapeError(`${op}: expected input (B, C, H, W), got ${shapeText(x)}`);
  const [kernelHeight, kernelWidth] = whole(op, 'kernel size', kernelSize, 1);
  const [strideY, strideX] = whole(op, 'stride', stride, 1);
  const [padY, padX] = whole(op, 'padding', padding, 0);
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
