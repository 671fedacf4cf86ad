import { expected, ValueError } from '../../../errors.js';
import { count, oneOf, positive } from '../../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import type { Measured } from '../measured.js';
import { addMultiple, normalized, randomVector } from './flat-vectors.js';
import { type Loss, withHessian } from './hessian.js';
import { lanczos } from './lanczos.js';
import { type Eigensystem, tridiagonalEigen } from './tridiagonal.js';

/** How exactly eigenvalues are computed. */
export interface EigenvalueOptions {
  /** Most products with the Hessian, and vectors kept on the host; an integer >= 1. Default 100. */
  maxIterations: number;
  /** Stop when each residual |H u - value u| is at most this part of the largest eigenvalue; > 0. Default 1e-4. */
  tolerance: number;
}

/** Options of `hessianEigenpairs`. */
export interface EigenpairOptions extends EigenvalueOptions {
  /** Number of eigenvalues; an integer >= 1, at most the number of elements of all parameters. Default 1. */
  count: number;
  /** Which ones: the largest, the smallest (most negative), or those of the largest magnitude. Default `'largest'`. */
  which: 'largest' | 'smallest' | 'magnitude';
}

/** Eigenvalues and eigenvectors of a Hessian. */
export interface Eigenpairs {
  /** Eigenvalues in units of the loss over those of the parameters squared, in the order that `which` asks for. */
  readonly values: readonly number[];
  /** An eigenvector of length 1 for each, in the order of the parameters; its sign is arbitrary. */
  readonly vectors: readonly Float32Array[];
  /** |H u - value u| for each; an eigenvalue is at most that far away. */
  readonly residuals: readonly number[];
  /** Products with the Hessian that were needed. */
  readonly iterations: number;
  /** Whether all residuals are within the tolerance. */
  readonly converged: boolean;
}

/** Options of the search for eigenvalues. Defaults as in `EigenvalueOptions`. */
export const eigenvalueTable: OptionTable<EigenvalueOptions> = { maxIterations: count(100), tolerance: positive(1e-4) };
const table: OptionTable<EigenpairOptions> = {
  ...eigenvalueTable,
  count: count(1),
  which: oneOf(['largest', 'smallest', 'magnitude'], 'largest'),
};

const orders: Readonly<Record<EigenpairOptions['which'], (a: number, b: number) => number>> = {
  largest: (a, b) => b - a,
  smallest: (a, b) => a - b,
  magnitude: (a, b) => Math.abs(b) - Math.abs(a),
};

/**
 * Returns the extreme eigenvalues and eigenvectors of the Hessian of a loss, by the Lanczos algorithm with full
 * reorthogonalisation (Lanczos 1950) from a random vector. If the space that it explores is exhausted before
 * `maxIterations`, it goes on from another random vector, which finds further eigenvectors of repeated eigenvalues;
 * otherwise a repeated eigenvalue may be listed once. If the tolerance is not reached, `converged` is false.
 *
 * Needs one vector of float32 on the host for each iteration. The random numbers follow from `manualSeed`. For side
 * effects and errors see `hessianVectorProduct`.
 * @throws ValueError for unknown or invalid options, and more eigenvalues than there are rows or iterations.
 * @example
 * const { values, vectors } = await optim.analysis.hessianEigenpairs(model, loss, { count: 10 });
 */
export async function hessianEigenpairs(
  parameters: Measured,
  loss: Loss,
  options?: Given<EigenpairOptions>,
): Promise<Eigenpairs> {
  const given = resolveOptions('analysis.hessianEigenpairs', table, options);
  return eigenpairsOf('analysis.hessianEigenpairs', parameters, loss, given);
}

/** The same for a caller with options that are complete and a name of its own in messages. */
export async function eigenpairsOf(
  label: string,
  parameters: Measured,
  loss: Loss,
  { count: wanted, which, maxIterations, tolerance }: EigenpairOptions,
): Promise<Eigenpairs> {
  return withHessian(label, parameters, loss, async (hessian, { generator }) => {
    const most = Math.min(hessian.size, maxIterations);
    if (wanted > most) throw new ValueError(expected(label, `option count to be at most ${most}`, `${wanted}`));
    const random = () => randomVector(hessian.size, generator);
    const { basis, diagonal, beside } = await lanczos(hessian, random(), {
      steps: maxIterations,
      restart: random,
      enough: (d, b) => {
        // after an exhausted space, repeated eigenvalues may be missing, so go on to the end
        if (d.length < wanted || d.length % 5 !== 0 || b.includes(0)) return false;
        return isConverged(chosen(tridiagonalEigen(d, b), b, wanted, which), tolerance);
      },
    });
    const system = tridiagonalEigen(diagonal, beside);
    const found = chosen(system, beside, wanted, which);
    const vectors = found.map(({ at }) => {
      const u = new Float64Array(hessian.size);
      for (const [i, q] of basis.entries()) addMultiple(u, system.vectors[i][at], q);
      return normalized(u);
    });
    return {
      values: found.map(({ value }) => value),
      vectors,
      residuals: found.map(({ residual }) => residual),
      iterations: basis.length,
      converged: isConverged(found, tolerance),
    };
  });
}

interface Candidate {
  /** Its column in the eigensystem. */
  readonly at: number;
  readonly value: number;
  readonly residual: number;
  /** The largest magnitude of any eigenvalue. */
  readonly scale: number;
}

function chosen(
  { values, vectors }: Eigensystem,
  beside: readonly number[],
  wanted: number,
  which: EigenpairOptions['which'],
): Candidate[] {
  const last = values.length - 1;
  const scale = Math.max(Math.abs(values[0]), Math.abs(values[last]));
  const order = [...values.keys()].sort((i, j) => orders[which](values[i], values[j])).slice(0, wanted);
  return order.map((at) => ({
    at,
    value: values[at],
    residual: Math.abs(beside[last] * vectors[last][at]),
    scale,
  }));
}

function isConverged(found: readonly Candidate[], tolerance: number): boolean {
  return found.every(({ residual, scale }) => residual <= tolerance * scale);
}
