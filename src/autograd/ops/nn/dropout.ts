import { ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { defaultGenerator, type Generator } from '../../../tensor/random.js';
import { random } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { elementwise, expectFloat } from '../elementwise.js';

const dropped = formula('y = u < p ? 0 : scale * x', { tensors: ['u', 'x', 'y'], scalars: ['p', 'scale'] });

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Without it, x comes back as it is. Default true. */
  readonly training?: boolean;
  /** The stream that decides. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Elements of x become 0 with probability p (default 0.5) and are divided by 1 - p otherwise, so that the mean stays
 * (Srivastava et al., 2014). Throws ValueError unless 0 <= p <= 1, DtypeError unless x is float32.
 */
export function dropout(
  x: Tensor,
  p = 0.5,
  { training = true, generator = defaultGenerator }: DropoutOptions = {},
): Tensor {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`dropout: expected p in [0, 1], got ${p}`);
  expectFloat('dropout', x);
  if (!training || p === 0) return x;
  const u = random('dropout', x.shape, { kind: 'uniform', low: 0, high: 1 }, { backend: x.storage.backend, generator });
  // where everything is dropped, no scale would do
  return elementwise('dropout', dropped, { u, x }, { p, scale: p === 1 ? 0 : 1 / (1 - p) });
}
