import { atLeast } from '../../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import type { Measured } from '../measured.js';
import { dot, randomSigns } from './flat-vectors.js';
import { type Loss, withHessian } from './hessian.js';

/** Options of `hessianTrace`. */
export interface TraceOptions {
  /** Random vectors, each of which costs a product with the Hessian; an integer >= 2. Default 100. */
  samples: number;
}

/** An estimate of the trace of a Hessian. */
export interface TraceEstimate {
  /** The sum of all eigenvalues, without bias. */
  readonly trace: number;
  /** Standard deviation of that estimate, from the spread of the samples. */
  readonly standardError: number;
  /** The estimate of each random vector. */
  readonly samples: readonly number[];
}

const label = 'analysis.hessianTrace';
const table: OptionTable<TraceOptions> = { samples: atLeast(2, 100) };

/**
 * Estimates the trace of the Hessian of a loss as the mean of vᵀ H v over vectors v of random signs (Hutchinson 1989).
 * The variance of a sample is twice the sum of the squares of the elements beside the diagonal, so the estimate is
 * exact for a diagonal Hessian. The random numbers follow from `manualSeed`. For side effects and errors see
 * `hessianVectorProduct`.
 * @throws ValueError for unknown or invalid options.
 * @example
 * const { trace, standardError } = await optim.analysis.hessianTrace(model, loss, { samples: 50 });
 */
export async function hessianTrace(
  parameters: Measured,
  loss: Loss,
  options?: Given<TraceOptions>,
): Promise<TraceEstimate> {
  const { samples: number } = resolveOptions(label, table, options);
  return withHessian(label, parameters, loss, async (hessian, { generator }) => {
    const samples: number[] = [];
    while (samples.length < number) {
      const v = randomSigns(hessian.size, generator);
      samples.push(dot(v, await hessian.times(v)));
    }
    const trace = samples.reduce((sum, x) => sum + x, 0) / number;
    const spread = samples.reduce((sum, x) => sum + (x - trace) ** 2, 0) / (number - 1);
    return { trace, standardError: Math.sqrt(spread / number), samples };
  });
}
