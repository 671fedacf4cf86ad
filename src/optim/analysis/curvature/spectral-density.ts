import { atLeast, count, optional, positive } from '../../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import type { Measured } from '../measured.js';
import { randomSigns } from './flat-vectors.js';
import { type Loss, withHessian } from './hessian.js';
import { lanczos } from './lanczos.js';
import { tridiagonalEigen } from './tridiagonal.js';

/** Options of `spectralDensity`. */
export interface SpectralDensityOptions {
  /** Random vectors; an integer >= 1. Default 10. */
  probes: number;
  /** Products with the Hessian for each, and vectors kept on the host; an integer >= 1. Default 90. */
  steps: number;
  /** Number of points at which the density is computed; an integer >= 2. Default 1024. */
  points: number;
  /** Standard deviation of the Gaussian that stands for an eigenvalue, > 0. Default 1/200 of the range of the nodes. */
  sigma: number | undefined;
}

/** A distribution in place of that of the eigenvalues: as many of the same moments as possible. */
export interface Quadrature {
  /** Places of the point masses, in ascending order. */
  readonly nodes: Float64Array;
  /** Their masses, >= 0, with the sum 1. */
  readonly weights: Float64Array;
}

/** The density of the eigenvalues of a Hessian. */
export interface SpectralDensity {
  /** Where the density was computed, in equal steps: the range of the nodes and 6 sigma on either side. */
  readonly points: Float64Array;
  /** The density at each point; its integral is 1. */
  readonly density: Float64Array;
  /** Standard deviation of the Gaussians. */
  readonly sigma: number;
  /**
   * The distribution that each random vector v sees: the moment k of `quadratures[i]` is vᵀ H^k v / vᵀ v for k up to
   * 2 steps - 1, an unbiased estimate of that of the eigenvalues, Tr H^k / n.
   */
  readonly quadratures: readonly Quadrature[];
}

const label = 'analysis.spectralDensity';
const table: OptionTable<SpectralDensityOptions> = {
  probes: count(10),
  steps: count(90),
  points: atLeast(2, 1024),
  sigma: optional(positive()),
};

/** Standard deviations of a Gaussian that are computed on either side. */
const reach = 6;

/**
 * Estimates the density of the eigenvalues of the Hessian of a loss by stochastic Lanczos quadrature (Golub and Welsch
 * 1969; Lin, Saad, Yang 2016; Ghorbani, Krishnan, Xiao 2019, Algorithm 1): the Lanczos algorithm from a random vector
 * yields a Gauss quadrature, whose nodes are the eigenvalues of its tridiagonal matrix and whose weights are the
 * squared first components of its eigenvectors. The density is the mean over random vectors, with a Gaussian for each
 * node. Here the vectors have random signs, and defaults are those of Ghorbani et al.
 *
 * Needs `steps` vectors of float32 on the host. The random numbers follow from `manualSeed`. For side effects and errors
 * see `hessianVectorProduct`.
 * @throws ValueError for unknown or invalid options.
 * @example
 * const { points, density } = await optim.analysis.spectralDensity(model, loss, { probes: 5, steps: 50 });
 */
export async function spectralDensity(
  parameters: Measured,
  loss: Loss,
  options?: Given<SpectralDensityOptions>,
): Promise<SpectralDensity> {
  const { probes, steps, points: number, sigma: given } = resolveOptions(label, table, options);
  return withHessian(label, parameters, loss, async (hessian, { generator }) => {
    const quadratures: Quadrature[] = [];
    while (quadratures.length < probes) {
      const { diagonal, beside } = await lanczos(hessian, randomSigns(hessian.size, generator), { steps });
      const { values, vectors } = tridiagonalEigen(diagonal, beside);
      quadratures.push({ nodes: values, weights: vectors[0].map((x) => x * x) });
    }
    const least = Math.min(...quadratures.map(({ nodes }) => nodes[0]));
    const most = Math.max(...quadratures.map(({ nodes }) => nodes[nodes.length - 1]));
    // where all nodes are equal, any narrow Gaussian will do
    const sigma = given ?? ((most - least) / 200 || Math.abs(most) / 200 || 1 / 200);
    const step = (most - least + 2 * reach * sigma) / (number - 1);
    const points = Float64Array.from({ length: number }, (_, i) => least - reach * sigma + i * step);
    const density = points.map((t) => quadratures.reduce((sum, q) => sum + densityAt(t, q, sigma), 0) / probes);
    return { points, density, sigma, quadratures };
  });
}

function densityAt(t: number, { nodes, weights }: Quadrature, sigma: number): number {
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i] * Math.exp(-(((t - nodes[i]) / sigma) ** 2) / 2);
  return sum / (sigma * Math.sqrt(2 * Math.PI));
}
