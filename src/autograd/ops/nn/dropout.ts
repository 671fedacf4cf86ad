import { formula } from '../../../formula/formula.js';
import { flag, instance, optional, share } from '../../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { defaultGenerator, Generator } from '../../../tensor/random.js';
import { random } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';
import { expectAxes, expectFloat } from '../expect.js';

const dropped = formula('y = u < p ? 0 : scale * x', { tensors: ['u', 'x', 'y'], scalars: ['p', 'scale'] });

/** Options of `dropout`. */
export interface DropoutOptions {
  /**
   * If false, returns x unchanged.
   * @default true
   */
  readonly training?: boolean;
  /** The random stream that selects the elements. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const dropoutOptions: OptionTable<DropoutOptions> = {
  training: flag(true),
  generator: optional(instance(Generator, 'a Generator')),
};
const probability = share();

/**
 * Sets elements of x to 0 with probability p and divides the others by 1 - p, which preserves the mean (Srivastava et
 * al., 2014).
 * @throws ValueError unless 0 <= p <= 1, DtypeError unless x is float32.
 */
export function dropout(x: Tensor, p = 0.5, options?: DropoutOptions): Tensor {
  return drop('dropout', x, p, options);
}

/**
 * Sets channels of x (B, C, H, W) to 0 as a whole, each with probability p, and divides the others by 1 - p (Tompson et
 * al., "Efficient object localization using convolutional networks", 2015).
 * @throws ShapeError for another number of axes, ValueError unless 0 <= p <= 1, DtypeError unless x is float32.
 */
export function dropout2d(x: Tensor, p = 0.5, options?: DropoutOptions): Tensor {
  expectAxes('dropout2d', 'input (B, C, H, W)', x, 4);
  return drop('dropout2d', x, p, options, [...x.shape.slice(0, 2), 1, 1]);
}

/** Dropout with one random number per element of `shape`, which broadcasts to that of x, by default the same. */
function drop(op: string, x: Tensor, p: number, options?: DropoutOptions, shape?: readonly number[]): Tensor {
  const { training, generator = defaultGenerator } = resolveOptions(op, dropoutOptions, options);
  checkArgument(op, 'p', probability, p);
  expectFloat(op, x);
  if (!training || p === 0) return x;
  const u = random(
    op,
    shape ?? x.shape,
    { kind: 'uniform', low: 0, high: 1 },
    { backend: x.storage.backend, generator },
  );
  // for p = 1, the scale 1 / (1 - p) would be infinite
  return applyFormula(op, dropped, { u, x }, { p, scale: p === 1 ? 0 : 1 / (1 - p) });
}
