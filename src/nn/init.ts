import { DtypeError, expected, ShapeError, shapeText, ValueError } from '../errors.js';
import { formula } from '../formula/formula.js';
import { evaluate } from '../formula/nodes.js';
import type { Distribution } from '../tensor/backend.js';
import { expectNumber, expectTensor } from '../tensor/expect.js';
import { writeValues } from '../tensor/host.js';
import { finite, oneOf } from '../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../tensor/options.js';
import { defaultGenerator, normalPair } from '../tensor/random.js';
import { mapInto, randomInto } from '../tensor/run.js';
import { checkShape, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { orthonormalRows } from './orthonormal.js';

/** Activations that `calculateGain` accepts. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Options of Kaiming initialisation. */
export interface KaimingOptions {
  /** Slope of the leaky ReLU after the layer, if that is the nonlinearity. Default 0. */
  readonly a?: number;
  /** Preserve the variance of activations ('fanIn', the default) or of gradients ('fanOut'). */
  readonly mode?: 'fanIn' | 'fanOut';
  /** The activation after the layer. Default 'leakyRelu'. */
  readonly nonlinearity?: Nonlinearity;
}

const nonlinearity = oneOf(['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'], 'leakyRelu');

const kaimingTable: OptionTable<Required<KaimingOptions>> = {
  a: finite(0),
  mode: oneOf(['fanIn', 'fanOut'], 'fanIn'),
  nonlinearity,
};

const fill = formula('x = value', { tensors: ['x'], scalars: ['value'] });

/**
 * Fills `t` in place with uniformly distributed numbers from [low, high), by default from [0, 1).
 * @throws DtypeError unless t is float32.
 */
export function uniform<T extends Tensor>(t: T, low = 0, high = 1): T {
  return draw('uniform', t, { kind: 'uniform', low, high });
}

/**
 * Fills `t` in place with normally distributed numbers, by default with mean 0 and standard deviation 1.
 * @throws DtypeError unless t is float32.
 */
export function normal<T extends Tensor>(t: T, mean = 0, std = 1): T {
  return draw('normal', t, { kind: 'normal', mean, std });
}

/** Fills `t` in place with one value. */
export function constant<T extends Tensor>(t: T, value: number): T {
  expectNumber('constant', 'a number', value);
  mapInto('constant', fill, { x: t }, { value });
  return t;
}

/** Fills `t` in place with 0. */
export function zeros<T extends Tensor>(t: T): T {
  return constant(t, 0);
}

/** Fills `t` in place with 1. */
export function ones<T extends Tensor>(t: T): T {
  return constant(t, 1);
}

// x = mean + scale erfinv(x), clipped to [low, high]; single-precision erfinv from Giles, "Approximating the erfinv
// function" (GPU Computing Gems, 2012), table 5
const fromUniform = formula(
  `const w = -log((1 - x) * (1 + x))
   const c = w - 2.5
   const t = sqrt(max(w, 5)) - 3
   const centre = 1.50140941 + c * (0.246640727 + c * (-0.00417768164 + c * (-0.00125372503 + c * (0.00021858087
     + c * (-0.00000439150654 + c * (-0.0000035233877 + c * (0.000000343273939 + c * 0.0000000281022636)))))))
   const tail = 2.83297682 + t * (1.00167406 + t * (0.00943887047 + t * (-0.0076224613 + t * (0.00573950773
     + t * (-0.00367342844 + t * (0.00134934322 + t * (0.000100950558 - t * 0.000200214257)))))))
   const erfinv = x * (w < 5 ? centre : tail)
   x = min(high, max(low, mean + scale * erfinv))`,
  { tensors: ['x'], scalars: ['mean', 'scale', 'low', 'high'] },
);

/**
 * Fills `t` in place with numbers from a normal distribution truncated to [low, high], by default with mean 0, standard
 * deviation 1 and the interval [-2, 2].
 * @throws ValueError for an empty interval or one more than 3 standard deviations from the mean, where float32 has too
 * few values; DtypeError unless t is float32.
 */
export function truncNormal<T extends Tensor>(t: T, mean = 0, std = 1, low = -2, high = 2): T {
  for (const each of [mean, std, low, high]) expectNumber('truncNormal', 'numbers', each);
  const nearest = Math.max((low - mean) / std, (mean - high) / std);
  if (!(low < high && std > 0 && nearest <= 3)) {
    throw new ValueError(
      `truncNormal: expected std > 0 and low < high within 3 std of the mean, got mean ${mean}, std ${std}, [${low}, ${high}]`,
    );
  }
  const at = (x: number) => evaluate.erf((x - mean) / (std * Math.SQRT2));
  // at +-1 erfinv is infinite, and 0 * Infinity must not occur
  const limit = 1 - 2 ** -24;
  uniform(t, Math.max(-limit, at(low)), Math.min(limit, at(high)));
  mapInto('truncNormal', fromUniform, { x: t }, { mean, scale: std * Math.SQRT2, low, high });
  return t;
}

/**
 * Returns the factor that preserves the scale of activations after a nonlinearity; `slope` is that of 'leakyRelu'
 * (default 0.01).
 * @throws ValueError for an unknown nonlinearity.
 */
export function calculateGain(activation: Nonlinearity, slope = 0.01): number {
  switch (checkArgument('calculateGain', 'nonlinearity', nonlinearity, activation)) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
  }
}

/**
 * Returns, for a layer whose weight has the shape (out, in, ...kernel), the number of inputs on which each output
 * depends (fan in) and the number of outputs that each input affects (fan out).
 * @throws ShapeError for fewer than two axes.
 */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  checkShape('fans', shape);
  if (shape.length < 2) throw new ShapeError(expected('fans', 'a weight (out, in, ...kernel)', shapeText(shape)));
  const kernel = numel(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

/**
 * Fills `t` in place with uniformly distributed numbers from [-b, b), b = gain sqrt(3 / fan) (He et al., "Delving deep
 * into rectifiers", 2015).
 * @throws ShapeError for fewer than two axes, DtypeError unless t is float32.
 */
export function kaimingUniform<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform', t, options);
  return uniform(t, -bound, bound);
}

/**
 * Fills `t` in place with normally distributed numbers with mean 0 and standard deviation gain / sqrt(fan) (He et al.,
 * 2015).
 * @throws ShapeError and DtypeError as `kaimingUniform` does.
 */
export function kaimingNormal<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return normal(t, 0, kaimingStd('kaimingNormal', t, options));
}

/**
 * Fills `t` in place with uniformly distributed numbers from [-b, b), b = 1 / sqrt(fanIn): PyTorch's default for the
 * weight (its Kaiming rule with a = sqrt(5)) and the bias of linear and convolutional layers.
 * @throws DtypeError unless t is float32.
 */
export function fanInUniform<T extends Tensor>(t: T, fanIn: number): T {
  expectNumber('fanInUniform', 'a number as fan in', fanIn);
  const bound = 1 / Math.sqrt(fanIn);
  return uniform(t, -bound, bound);
}

/**
 * Fills `t` in place with uniformly distributed numbers from [-b, b), b = gain sqrt(6 / (fanIn + fanOut)) (Glorot and
 * Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010); `gain` (see
 * `calculateGain`) defaults to 1.
 * @throws ShapeError and DtypeError as `kaimingUniform` does.
 */
export function xavierUniform<T extends Tensor>(t: T, gain = 1): T {
  expectTensor('xavierUniform', t);
  expectNumber('xavierUniform', 'a number as gain', gain);
  const { fanIn, fanOut } = fans(t.shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(t, -bound, bound);
}

/**
 * Fills `t` in place with normally distributed numbers with mean 0 and standard deviation
 * gain sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
 * @throws ShapeError and DtypeError as `kaimingUniform` does.
 */
export function xavierNormal<T extends Tensor>(t: T, gain = 1): T {
  expectTensor('xavierNormal', t);
  expectNumber('xavierNormal', 'a number as gain', gain);
  const { fanIn, fanOut } = fans(t.shape);
  return normal(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Fills `t` in place with a random matrix with orthonormal rows or columns, whichever are fewer, times `gain` (default
 * 1). The axes after the first count as one (Saxe et al., "Exact solutions to the nonlinear dynamics of learning",
 * 2013).
 * @throws ShapeError for fewer than two axes, DtypeError unless t is float32.
 */
export function orthogonal<T extends Tensor>(t: T, gain = 1): T {
  expectFloat('orthogonal', t);
  expectNumber('orthogonal', 'a number as gain', gain);
  if (t.ndim < 2) throw new ShapeError(expected('orthogonal', 'at least two axes', shapeText(t.shape)));
  const rows = t.shape[0];
  const columns = numel(t.shape.slice(1));
  const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
  const drawn = Float64Array.from({ length: few * many }, () => {
    return normalPair(defaultGenerator.below(2 ** 32), defaultGenerator.below(2 ** 32))[0];
  });
  const q = orthonormalRows(drawn, few, many);
  const at = (i: number) => (rows <= columns ? i : (i % columns) * rows + Math.floor(i / columns));
  const values = Float64Array.from(q, (_, i) => gain * q[at(i)]);
  writeValues('orthogonal', t, values);
  return t;
}

function kaimingStd(op: string, t: Tensor, options: KaimingOptions): number {
  expectTensor(op, t);
  const { a, mode, nonlinearity: activation } = resolveOptions(op, kaimingTable, options);
  // a layer without inputs has nothing to scale
  return calculateGain(activation, a) / Math.sqrt(Math.max(1, fans(t.shape)[mode]));
}

function draw<T extends Tensor>(op: string, t: T, distribution: Distribution): T {
  expectFloat(op, t);
  for (const each of Object.values(distribution).slice(1)) expectNumber(op, 'numbers', each);
  randomInto(op, t, distribution);
  return t;
}

function expectFloat(op: string, t: Tensor): void {
  expectTensor(op, t);
  if (t.dtype !== 'float32') throw new DtypeError(expected(op, 'float32', t.dtype));
}
