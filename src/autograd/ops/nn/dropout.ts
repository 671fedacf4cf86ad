import { formula } from '../../../formula/formula.js';
import { flag, instance, optional, share } from '../../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { defaultGenerator, Generator } from '../../../tensor/random.js';
import { random } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat } from '../expect.js';

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
  const { training, generator = defaultGenerator } = resolveOptions('dropout', dropoutOptions, options);
  checkArgument('dropout', 'p', probability, p);
  expectFloat('dropout', x);
  if (!training || p === 0) return x;
  const u = random('dropout', x.shape, { kind: 'uniform', low: 0, high: 1 }, { backend: x.storage.backend, generator });
  // for p = 1, the scale 1 / (1 - p) would be infinite
  return applyFormula('dropout', dropped, { u, x }, { p, scale: p === 1 ? 0 : 1 / (1 - p) });
}
