import { mul } from '../../../autograd/ops/math/arithmetic.js';
import { max, mean } from '../../../autograd/ops/math/reduction.js';
import { avgPool2d } from '../../../autograd/ops/nn/avg-pool2d.js';
import { conv2d } from '../../../autograd/ops/nn/conv2d.js';
import { maxPool2d } from '../../../autograd/ops/nn/max-pool2d.js';
import { pad } from '../../../autograd/ops/shape/pad.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { expected, ShapeError, shapeText } from '../../../errors.js';
import { fromHost } from '../../../tensor/host.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { NodeReader } from '../node-reader.js';
import type { Operator, Operators } from '../operator.js';
import { type Window, type WindowAttributes, windowAttributes, windowsAlong } from '../window-attributes.js';

/** x (B, C, L) as (B, C, 1, L), and x (B, C, H, W) as it is. */
function asImages(op: string, x: Tensor): Tensor {
  if (x.ndim === 3) return reshape(x, [...x.shape.slice(0, 2), 1, x.shape[2]]);
  if (x.ndim === 4) return x;
  throw new ShapeError(expected(op, 'input (B, C, L) or (B, C, H, W)', shapeText(x.shape)));
}

/** The inverse of `asImages`. */
function likeInput(y: Tensor, x: Tensor): Tensor {
  return x.ndim === 3 ? reshape(y, [...y.shape.slice(0, 2), y.shape[3]]) : y;
}

/** The windows along height and width of x; those of one axis of length 1 have length 1. */
function windowsOf(x: Tensor, node: NodeReader, attributes: WindowAttributes, kernel: readonly number[]): Window[] {
  const lengths = x.shape.slice(2);
  if (kernel.length !== lengths.length) {
    throw new ShapeError(expected(node.op, `input of ${kernel.length + 2} axes`, shapeText(x.shape)));
  }
  const found = windowsAlong(lengths, attributes, kernel);
  const [along] = found;
  return found.length === 1 ? [{ ...along, ...one }, along] : found;
}

const one = { length: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, count: 1, counted: 0 };

/** Padding of the same width on both sides, which operations do themselves, or else an input that is padded before. */
function padded(x: Tensor, [y, z]: readonly Window[], value: number, most: (w: Window) => number) {
  const isEven = [y, z].every((w) => w.before === w.after && w.before <= most(w));
  if (isEven) return { x, padding: [y.before, z.before] as const };
  return { x: pad(x, [z.before, z.after, y.before, y.after], value), padding: 0 };
}

const convolution: Operator = {
  inputs: [2, 3],
  weights: [1, 2],
  prepare(node) {
    const attributes = windowAttributes(node);
    const kernelShape = node.counts('kernel_shape', 1);
    const groups = node.attribute('group', 'int', 1);
    node.expectAxes(1, 'a weight (O, I, kL) or (O, I, kH, kW)', 3, 4);
    node.expectAxes(2, 'a bias (O)', 1);
    return ([input, weight, bias]) => {
      const w = asImages('Conv', weight as Tensor);
      const kernel = (weight as Tensor).shape.slice(2);
      if (kernelShape && `${kernelShape}` !== `${kernel}`) {
        throw new ShapeError(expected('Conv', `a weight (O, I, ${kernelShape.join(', ')})`, shapeText(w.shape)));
      }
      const windows = windowsOf(input as Tensor, node, attributes, kernel);
      const { x, padding } = padded(asImages('Conv', input as Tensor), windows, 0, () => Number.POSITIVE_INFINITY);
      const [stride, dilation] = (['stride', 'dilation'] as const).map((name) => pairOf(windows, name));
      return [likeInput(conv2d(x, w, bias ?? null, { stride, dilation, padding, groups }), input as Tensor)];
    };
  },
};

/** Pads x before pooling unless the padding is less than half of the windows. */
const halfKernel = (w: Window) => (w.counted === w.length + w.before + w.after ? Math.floor(w.kernel / 2) : -1);

const maxPool: Operator = {
  inputs: [1, 1],
  prepare(node) {
    const attributes = windowAttributes(node);
    const kernel = kernelOf(node);
    node.choice('storage_order', [0]);
    return ([input]) => {
      const windows = windowsOf(input as Tensor, node, attributes, kernel);
      const images = asImages('MaxPool', input as Tensor);
      const { x, padding } = padded(images, windows, Number.NEGATIVE_INFINITY, halfKernel);
      const y = maxPool2d(x, pairOf(windows, 'kernel'), { stride: pairOf(windows, 'stride'), padding });
      return [likeInput(y, input as Tensor)];
    };
  },
};

const averagePool: Operator = {
  inputs: [1, 1],
  prepare(node) {
    const attributes = windowAttributes(node);
    const kernel = kernelOf(node);
    const countsPadding = node.flag('count_include_pad', false);
    return ([input]) => {
      const windows = windowsOf(input as Tensor, node, attributes, kernel);
      const { x, padding } = padded(asImages('AveragePool', input as Tensor), windows, 0, halfKernel);
      const means = avgPool2d(x, pairOf(windows, 'kernel'), { stride: pairOf(windows, 'stride'), padding });
      const factors = windows.map((w) => factorsOf(w, countsPadding));
      const isWhole = factors.every((list) => list.every((factor) => factor === 1));
      return [likeInput(isWhole ? means : mul(means, outer(factors, means)), input as Tensor)];
    };
  },
};

/** By how much the mean of each window is too small because it counts padding that does not count. */
function factorsOf(w: Window, countsPadding: boolean): number[] {
  const [first, end] = countsPadding ? [-w.before, w.counted - w.before] : [0, w.length];
  return Array.from({ length: w.count }, (_, i) => {
    const start = i * w.stride - w.before;
    return w.kernel / Math.max(1, Math.min(start + w.kernel, end) - Math.max(start, first));
  });
}

function outer([rows, columns]: readonly number[][], like: Tensor): Tensor {
  const values = rows.flatMap((row) => columns.map((column) => row * column));
  return fromHost('AveragePool', values, [rows.length, columns.length], 'float32', like.storage.backend);
}

function kernelOf(node: NodeReader): readonly number[] {
  const kernel = node.counts('kernel_shape', 1);
  if (!kernel || kernel.length < 1 || kernel.length > 2)
    return node.fail('kernel_shape of one or two axes', `${kernel}`);
  return kernel;
}

function pairOf(windows: readonly Window[], name: 'kernel' | 'stride' | 'dilation'): readonly [number, number] {
  return [windows[0][name], windows[1][name]];
}

/** A reduction over all positions of images. */
const global = (reduce: typeof mean): Operator => ({
  inputs: [1, 1],
  prepare: () => (inputs) => {
    const x = inputs[0] as Tensor;
    if (x.ndim < 3)
      throw new ShapeError(expected('pooling', 'input (B, C, ...) of at least 3 axes', shapeText(x.shape)));
    const axes = Array.from({ length: x.ndim - 2 }, (_, i) => i + 2);
    return [reduce(x, axes, { keepDim: true })];
  },
});

/** Convolution and pooling. */
export const imageOperators: Operators = {
  Conv: convolution,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: global(mean),
  GlobalMaxPool: global(max),
};
