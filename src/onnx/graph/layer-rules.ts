import { numel, sameShape } from '../../tensor/shape.js';
import type { GraphBuilder, Rule } from './graph-builder.js';
import { pattern } from './match.js';
import { fillOf, type Value } from './value.js';

const batchNormed = pattern(
  'y = (x - mean) * (w / sqrt(variance + eps)) + b',
  ['x', 'mean', 'w', 'variance', 'b'],
  ['eps'],
);
const layerNormed = pattern(
  'y = (x - mean) * (1 / sqrt(variance + eps)) * w + b',
  ['x', 'mean', 'variance', 'w', 'b'],
  ['eps'],
);
const shiftedMean = pattern('y = shift + sum / n', ['shift', 'sum'], ['n']);
const shiftedVariance = pattern(
  `const d = sum / n
   const v = squares / n - d * d
   y = v < 0 ? 0 : v`,
  ['sum', 'squares'],
  ['n'],
);
const difference = pattern('y = x - shift', ['x', 'shift']);
const square = pattern('y = d * d', ['d']);
const exponential = pattern('y = exp(x - shift)', ['x', 'shift']);
const logarithm = pattern('y = log(total)', ['total']);
const logShare = pattern('y = x - shift - t + (t - t)', ['x', 'shift', 't']);
const scaled = pattern('y = scale * x', ['x'], ['scale']);

/** The reduced value and the axes of a sum, else null. */
function summed(value: Value): { terms: Value; axes: readonly number[] } | null {
  const [terms] = value.node.inputs;
  if (value.node.op !== 'ReduceSum' || !terms) return null;
  return { terms, axes: value.node.attributes.axes as readonly number[] };
}

/** A value of `shape`, from one that has that shape with axes of length 1 around it, or that is filled; else null. */
function asShape(b: GraphBuilder, x: Value, shape: readonly number[], around: readonly number[]): Value | null {
  const fill = fillOf(x);
  if (fill !== undefined) return b.values(new Float32Array(numel(shape)).fill(fill), { shape, type: 'float32' });
  return sameShape(x.shape, around) || sameShape(x.shape, shape) ? b.reshaped(x, shape) : null;
}

const batchNorm: Rule = (b, value) => {
  const found = batchNormed.match(value);
  if (!found) return null;
  const { x, w, b: bias, mean, variance } = found.values;
  const [, channels = 0] = x.shape;
  const around = x.shape.map((length, axis) => (axis === 1 ? length : 1));
  const parts = [w, bias, mean, variance].map((t) => (t.shape.length === 1 ? null : asShape(b, t, [channels], around)));
  if (x.shape.length < 2 || parts.includes(null)) return null;
  return b.add('BatchNormalization', [x, ...parts], x, { epsilon: { float: found.numbers.eps } });
};

const layerNorm: Rule = (b, value) => {
  const found = layerNormed.match(value);
  if (!found) return null;
  const { x, mean, variance, w, b: bias } = found.values;
  const m = shiftedMean.match(mean);
  const v = shiftedVariance.match(variance);
  const sum = m && summed(m.values.sum);
  const squares = v && summed(v.values.squares);
  const d = sum && difference.match(sum.terms);
  if (!m || !v || !sum || !squares || !d || d.values.x !== x || d.values.shift !== m.values.shift) return null;
  // axes of length 1 need not be summed
  const affine = [w, bias].find((t) => fillOf(t) === undefined);
  const first = affine ? x.shape.length - affine.shape.length : Math.min(...sum.axes);
  const shape = x.shape.slice(first);
  const isWhole =
    v.values.sum === m.values.sum &&
    square.match(squares.terms)?.values.d === sum.terms &&
    [m, v].every(({ numbers }) => numbers.n === numel(shape)) &&
    [sum, squares].every(({ axes }) => {
      return axes.every((axis) => axis >= first) && shape.every((n, i) => n === 1 || axes.includes(first + i));
    });
  const parts = [w, bias].map((t) => asShape(b, t, shape, shape));
  if (!isWhole || parts.includes(null)) return null;
  return b.add('LayerNormalization', [x, ...parts], x, { axis: first, epsilon: { float: found.numbers.eps } });
};

const logSoftmax: Rule = (b, value) => {
  const found = logShare.match(value);
  if (!found) return null;
  const { x, shift, t } = found.values;
  const total = logarithm.match(t);
  const sum = total && summed(total.values.total);
  const terms = sum && exponential.match(sum.terms);
  if (!terms || terms.values.x !== x || terms.values.shift !== shift || sum.axes.length !== 1) return null;
  return b.add('LogSoftmax', [x], x, { axis: sum.axes[0] });
};

const softmax: Rule = (b, { node: { inputs } }) => {
  const [logarithms] = inputs;
  if (logarithms?.node.op !== 'LogSoftmax') return null;
  return b.add('Softmax', logarithms.node.inputs, logarithms, logarithms.node.attributes);
};

/** A sum of terms that are divided by their number is a mean; over all positions of images, a pooling. */
const mean: Rule = (b, value) => {
  const sum = summed(value);
  const found = sum && scaled.match(sum.terms);
  if (!found) return null;
  const { x } = found.values;
  const count = sum.axes.reduce((n, axis) => n * x.shape[axis], 1);
  if (found.numbers.scale !== 1 / count || !sameShape(x.shape, sum.terms.shape)) return null;
  if (x.shape.length === 4 && sameShape(sum.axes, [2, 3])) return b.add('GlobalAveragePool', [x], value);
  return b.add('ReduceMean', [x], value, { axes: sum.axes, keepdims: 1 });
};

/** Adds a bias within the product before it. */
const gemm: Rule = (b, { node, shape }) => {
  const [product, bias] = node.inputs;
  if (product?.node.op !== 'Gemm' || product.node.inputs.length !== 2 || !bias) return null;
  if (!sameShape(product.shape, shape) || bias.shape.length === 0 || bias.shape.length > 2) return null;
  return b.add('Gemm', [...product.node.inputs, bias], product, product.node.attributes);
};

/** Rows that an index of several axes selects: the index needs not be flat. */
const embedding: Rule = (b, value) => {
  const [rows] = value.node.inputs;
  const [table, flat] = rows?.node.op === 'Gather' && rows.node.attributes.axis === 0 ? rows.node.inputs : [];
  const [index] = flat?.node.op === 'Reshape' || flat?.node.op === 'Flatten' ? flat.node.inputs : [];
  if (!table || !index || !sameShape(value.shape, [...index.shape, ...table.shape.slice(1)])) return null;
  return b.add('Gather', [table, index], value, { axis: 0 });
};

/** The rules for layers and larger operations, by their last operator. */
export const layerRules: Readonly<Record<string, readonly Rule[]>> = {
  Add: [gemm, batchNorm, layerNorm, logSoftmax],
  Exp: [softmax],
  ReduceSum: [mean],
  Reshape: [embedding],
};
