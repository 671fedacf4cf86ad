import { expected, textOf, ValueError } from '../../errors.js';
import { expectObject } from '../../tensor/expect.js';

/** A normal distribution with independent components. */
export interface Gaussian {
  /** One mean per dimension, at least one. */
  readonly mean: ArrayLike<number>;
  /** The diagonal of the covariance: one variance > 0 per dimension, or one number for all. */
  readonly variance: number | ArrayLike<number>;
}

const label = 'analysis.gaussianKL';

/**
 * Returns KL(Q || P) of two Gaussians with diagonal covariances, in nats (Xie et al. 2021, equation 21):
 *
 *     1/2 [log(det S_P / det S_Q) + Tr(S_P^-1 S_Q) + (mu_Q - mu_P)^T S_P^-1 (mu_Q - mu_P) - n]
 *
 * @throws ValueError unless both have the same number of dimensions, finite means and positive finite variances.
 */
export function gaussianKL(q: Gaussian, p: Gaussian): number {
  const n = dimensions('Q', q);
  if (dimensions('P', p) !== n) {
    throw new ValueError(expected(label, `${n} dimensions of P, as many as Q has`, `${p.mean.length}`));
  }
  const [variancesOfQ, variancesOfP] = [variances('Q', q), variances('P', p)];
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const ratio = variancesOfQ(i) / variancesOfP(i);
    sum += ratio - 1 - Math.log(ratio) + (q.mean[i] - p.mean[i]) ** 2 / variancesOfP(i);
  }
  return sum / 2;
}

function dimensions(name: string, gaussian: Gaussian): number {
  expectObject(label, `the mean and the variance of ${name}`, gaussian);
  const { mean } = gaussian;
  const n = mean?.length;
  if (!(n >= 1)) throw new ValueError(expected(label, `one mean per dimension of ${name}`, textOf(mean)));
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(mean[i]))
      throw new ValueError(expected(label, `finite means of ${name}`, `${mean[i]} at ${i}`));
  }
  return n;
}

function variances(name: string, { mean, variance }: Gaussian): (i: number) => number {
  const of = typeof variance === 'number' ? () => variance : (i: number) => variance[i];
  if (typeof variance !== 'number' && variance?.length !== mean.length) {
    const got = typeof variance === 'object' && variance ? `${variance.length}` : textOf(variance);
    throw new ValueError(expected(label, `${mean.length} variances of ${name}, or one number`, got));
  }
  for (let i = 0; i < mean.length; i++) {
    if (!(of(i) > 0 && Number.isFinite(of(i)))) {
      throw new ValueError(expected(label, `variances of ${name} > 0`, `${textOf(of(i))} at ${i}`));
    }
  }
  return of;
}
