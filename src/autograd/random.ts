import { expected, textOf, ValueError } from '../errors.js';
import type { Distribution } from '../tensor/backend.js';
import { instance, natural, optional } from '../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../tensor/options.js';
import { defaultGenerator, Generator } from '../tensor/random.js';
import { random } from '../tensor/run.js';
import type { Tensor } from '../tensor/tensor.js';
import { type CreateOptions, createOptions, fromValues, leaf, on, type ShapeLike, shapeOf } from './create.js';
import { cast } from './ops/convert.js';

/** Options of random tensors. */
export interface RandomOptions extends CreateOptions {
  /** The stream to draw from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const randomOptions: OptionTable<RandomOptions> = {
  ...createOptions,
  generator: optional(instance(Generator, 'a Generator')),
};
const counts = natural();

/** Makes a tensor of uniform random numbers in [0, 1). */
export function rand(shape: ShapeLike, options?: RandomOptions): Tensor {
  return draw('rand', shape, { kind: 'uniform', low: 0, high: 1 }, options);
}

/** Makes a tensor of normally distributed random numbers with mean 0 and standard deviation 1. */
export function randn(shape: ShapeLike, options?: RandomOptions): Tensor {
  return draw('randn', shape, { kind: 'normal', mean: 0, std: 1 }, options);
}

/**
 * Makes a tensor of uniform random integers (int32) in [0, high).
 * @throws ValueError unless high is a positive integer.
 */
export function randint(high: number, shape: ShapeLike, options?: RandomOptions): Tensor;
/**
 * Makes a tensor of uniform random integers (int32) in [low, high).
 * @throws ValueError unless both are integers and low < high.
 */
export function randint(low: number, high: number, shape: ShapeLike, options?: RandomOptions): Tensor;
export function randint(
  ...args:
    | [high: number, shape: ShapeLike, options?: RandomOptions]
    | [low: number, high: number, shape: ShapeLike, options?: RandomOptions]
): Tensor {
  const long = typeof args[2] === 'number' || Array.isArray(args[2]);
  const [low, high, shape, options] = (long ? args : [0, ...args]) as [number, number, ShapeLike, RandomOptions?];
  const areIntegers = Number.isInteger(low) && Number.isInteger(high);
  if (!areIntegers || low >= high || low < -(2 ** 31) || high > 2 ** 31) {
    throw new ValueError(
      expected('randint', 'integers low < high from -2^31 to 2^31', `${textOf(low)} and ${textOf(high)}`),
    );
  }
  return draw('randint', shape, { kind: 'integer', low, high }, options);
}

/**
 * Makes a tensor of the integers 0..n-1 (int32) in random order.
 * @throws ValueError unless n is an integer of at least 0.
 */
export function randperm(n: number, options?: RandomOptions): Tensor {
  const { generator = defaultGenerator, ...placement } = resolveOptions('randperm', randomOptions, options);
  checkArgument('randperm', 'n', counts, n);
  return fromValues(generator.permutation(n), placement);
}

function draw(op: string, shape: ShapeLike, distribution: Distribution, options: RandomOptions | undefined): Tensor {
  const given = resolveOptions(op, randomOptions, options);
  const { generator = defaultGenerator, dtype } = given;
  const t = random(op, shapeOf(op, shape), distribution, { backend: on(given), generator });
  return leaf(dtype ? cast(t, dtype) : t, given);
}
