import { grad } from '../../../autograd/backward.js';
import { enableGrad } from '../../../autograd/mode.js';
import { filled } from '../../../autograd/ops/fill.js';
import { expected, ValueError } from '../../../errors.js';
import { expectFunction, expectList } from '../../../tensor/expect.js';
import { scope } from '../../../tensor/memory/scope.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { checkBatches, checkLoss, type Measured, measuredParams, snapshot } from '../measured.js';
import { type Direction, dot, flatVector, readFlat } from './flat-vectors.js';

/** The covariance of gradient noise in some directions u_i. */
export interface NoiseCovariance {
  /** Number of minibatches. */
  readonly batches: number;
  /** u_iᵀ g of the mean gradient g, for each direction. */
  readonly mean: readonly number[];
  /** u_iᵀ C u_j in row i and column j, with the unbiased covariance C of the gradient over minibatches. */
  readonly covariance: readonly (readonly number[])[];
}

const label = 'analysis.noiseCovariance';

/**
 * Measures the covariance of stochastic gradient noise over at least two minibatches in given directions, such as
 * eigenvectors of the Hessian. Near minima it is approximately the Hessian divided by the batch size (Xie et al. 2021,
 * equation 14): in the directions of `hessianEigenpairs`, diag(eigenvalues) / B. A direction's length scales its row and
 * column, so unit vectors are usual. Minibatches, losses and side effects are those of `gradientNoise`; memory does not
 * grow with their number.
 * @throws ValueError for fewer than two batches, no directions, no parameters, or parameters that are not leaves that
 * require a gradient; DtypeError unless they are float32; ShapeError for directions that do not fit or a loss without
 * exactly one element. Also throws what `batches` and `lossOf` throw. Memory is freed in each case.
 * @example
 * const { values, vectors } = await analysis.hessianEigenpairs(model, loss, { count: 10 });
 * const { covariance } = await analysis.noiseCovariance(model, loader, lossOf, vectors);
 * covariance.map((row, i) => (batchSize * row[i]) / values[i]); // near 1 where equation 14 holds
 */
export async function noiseCovariance<B>(
  parameters: Measured,
  batches: Iterable<B> | AsyncIterable<B>,
  lossOf: (batch: B) => Tensor,
  directions: readonly Direction[],
): Promise<NoiseCovariance> {
  const measured = measuredParams(label, parameters);
  checkBatches(label, batches);
  expectFunction(label, 'a function that returns the loss', lossOf);
  expectList(label, 'a list of directions', directions);
  if (directions.length === 0) throw new ValueError(expected(label, 'at least one direction', 'none'));
  const { params, size, buffers } = measured;
  const restore = snapshot(label, buffers);
  try {
    const vectors: Float32Array[] = [];
    for (const direction of directions) vectors.push(await flatVector(label, measured, direction));
    const mean = new Float64Array(vectors.length);
    const sums = vectors.map(() => new Float64Array(vectors.length));
    let n = 0;
    for await (const batch of batches) {
      n++;
      const gradients = scope(() => gradientOf(params, () => lossOf(batch)));
      try {
        const g = await readFlat(gradients, size);
        follow(
          mean,
          sums,
          vectors.map((u) => dot(u, g)),
          n,
        );
      } finally {
        for (const t of gradients) t.dispose();
      }
    }
    if (n < 2) throw new ValueError(expected(label, 'at least two batches', String(n)));
    return { batches: n, mean: [...mean], covariance: sums.map((row) => Array.from(row, (x) => x / (n - 1))) };
  } finally {
    restore();
  }
}

function gradientOf(params: readonly Tensor[], loss: () => Tensor): Tensor[] {
  const found = grad(checkLoss(label, enableGrad(loss)), params, { allowUnused: true });
  return params.map((p, i) => found[i] ?? filled(label, p.shape, 0, 'float32', p.storage.backend));
}

/** Welford's recurrence for a covariance: n counts this sample, `sums` holds products of deviations. */
function follow(mean: Float64Array, sums: readonly Float64Array[], sample: readonly number[], n: number): void {
  const before = sample.map((x, i) => x - mean[i]);
  before.forEach((d, i) => {
    mean[i] += d / n;
  });
  sums.forEach((row, i) => {
    for (let j = 0; j < row.length; j++) row[j] += before[i] * (sample[j] - mean[j]);
  });
}
