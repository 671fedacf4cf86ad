import { grad } from '../../autograd/backward.js';
import { enableGrad } from '../../autograd/mode.js';
import { filled } from '../../autograd/ops/fill.js';
import { expected, ValueError } from '../../errors.js';
import { formula } from '../../formula/formula.js';
import { expectFunction } from '../../tensor/expect.js';
import { scope } from '../../tensor/memory/scope.js';
import { flag } from '../../tensor/option-kinds.js';
import { resolveOptions } from '../../tensor/options.js';
import { mapInto, reduce } from '../../tensor/run.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkBatches, checkLoss, type Measured, measuredParams, snapshot } from './measured.js';

/** Options of `gradientNoise`. */
export interface GradientNoiseOptions {
  /** Return the mean and the variance of every element, as tensors that belong to the caller. Default false. */
  readonly keep?: boolean;
}

/**
 * The size of a gradient and of its noise, where g_k = mean + xi_k in minibatch k. Units are those of the gradient, or
 * their squares.
 */
export interface NoiseSummary {
  /** Norm of the mean gradient. */
  readonly meanNorm: number;
  /** Sum of the unbiased variances of all elements: the trace of the covariance, and E |xi|^2. */
  readonly totalVariance: number;
  /**
   * meanNorm^2 - totalVariance / batches, which estimates the squared norm of the expected gradient without bias if
   * the batches are independent. Negative if noise drowns the signal.
   */
  readonly squaredNorm: number;
  /** meanNorm divided by the square root of totalVariance. */
  readonly signalToNoise: number;
  /**
   * totalVariance / squaredNorm, the simple noise scale of McCandlish et al. 2018 (equation 2.9) in batches. Multiplied
   * by the batch size, it is in samples: the batch size at which noise and signal are equal. Infinity if
   * squaredNorm <= 0.
   */
  readonly noiseScale: number;
}

/** The noise of one parameter. */
export interface ParameterNoise extends NoiseSummary {
  /** Its name in the given map, or its position in the list. */
  readonly name: string;
  /** Mean gradient, in the shape of the parameter; null unless kept. */
  readonly mean: Tensor | null;
  /** Unbiased variance of each element; null unless kept. */
  readonly variance: Tensor | null;
}

/** The noise of all parameters together, and of each parameter. */
export interface GradientNoise extends NoiseSummary {
  /** Number of minibatches. */
  readonly batches: number;
  readonly parameters: readonly ParameterNoise[];
}

const label = 'analysis.gradientNoise';

// Welford's recurrence: n counts this batch, m2 is the sum of squared deviations
const follow = formula(
  `const d = g - mean
   const m = mean + d / n
   m2 = m2 + d * (g - m)
   mean = m`,
  { tensors: ['g', 'mean', 'm2'], scalars: ['n'] },
);
// the same for g = 0
const followZero = formula(
  `const m = mean - mean / n
   m2 = m2 + mean * m
   mean = m`,
  { tensors: ['mean', 'm2'], scalars: ['n'] },
);
const scale = formula('m2 = m2 / (n - 1)', { tensors: ['m2'], scalars: ['n'] });
const totals = formula('squares = sum(mean * mean)\n spread = sum(m2)', {
  tensors: ['mean', 'm2', 'squares', 'spread'],
});

/**
 * Measures stochastic gradient noise at the current weights: the mean and variance of the gradient of `lossOf(batch)`
 * over at least two minibatches from `batches`, such as a data loader. Batches of unequal size have the same weight, so
 * leave out a last batch that is not full. `lossOf` returns a tensor with one element. A parameter on which a loss does
 * not depend has the gradient 0.
 *
 * Parameters, their `.grad` and optimizers do not change, nor do the buffers of a module, such as the running averages
 * of batch normalisation. Memory for two more copies of the parameters is needed, however many batches there are. Other
 * side effects of `lossOf` remain: in training mode dropout draws random numbers, and if only parameters are given,
 * batch normalisation updates its averages.
 * @throws ValueError for fewer than two batches, no parameters, or parameters that are not leaves that require a
 * gradient; DtypeError unless they are float32; ShapeError for a loss without exactly one element. Also throws what
 * `batches` and `lossOf` throw. Memory is freed in each case.
 * @example
 * const { noiseScale } = await optim.analysis.gradientNoise(model.namedParameters(), loader, ({ images, labels }) =>
 *   nn.functional.crossEntropy(model.forward(images), labels));
 */
export async function gradientNoise<B>(
  parameters: Measured,
  batches: Iterable<B> | AsyncIterable<B>,
  lossOf: (batch: B) => Tensor,
  options: GradientNoiseOptions = {},
): Promise<GradientNoise> {
  const { keep } = resolveOptions(label, { keep: flag(false) }, options);
  const { names, params, buffers } = measuredParams(label, parameters);
  checkBatches(label, batches);
  expectFunction(label, 'a function that returns the loss', lossOf);
  // allocated before the first await, so that they belong to the caller's scope
  const moments = scope(() => params.map(momentsOf));
  const restore = snapshot(label, buffers);
  let kept = false;
  try {
    let n = 0;
    for await (const batch of batches) {
      n++;
      scope(() =>
        addGradients(
          params,
          moments,
          enableGrad(() => lossOf(batch)),
          n,
        ),
      );
    }
    if (n < 2) throw new ValueError(expected(label, 'at least two batches', String(n)));
    const found: ParameterNoise[] = [];
    for (const [i, { mean, m2 }] of moments.entries()) {
      mapInto(label, scale, { m2 }, { n });
      const summary = await summaryOf(mean, m2, n);
      found.push({ name: names[i], ...summary, mean: keep ? mean : null, variance: keep ? m2 : null });
    }
    kept = keep;
    const squares = found.reduce((sum, { meanNorm }) => sum + meanNorm ** 2, 0);
    const spread = found.reduce((sum, { totalVariance }) => sum + totalVariance, 0);
    return { batches: n, ...summarize(squares, spread, n), parameters: found };
  } finally {
    restore();
    if (!kept) for (const t of moments.flatMap(({ mean, m2 }) => [mean, m2])) t.dispose();
  }
}

interface Moments {
  readonly mean: Tensor;
  /** Sum of squared deviations; at the end, the variance. */
  readonly m2: Tensor;
}

function momentsOf(p: Tensor): Moments {
  const zeros = () => filled(label, p.shape, 0, 'float32', p.storage.backend);
  return { mean: zeros(), m2: zeros() };
}

function addGradients(params: readonly Tensor[], moments: readonly Moments[], loss: Tensor, n: number): void {
  const gradients = grad(checkLoss(label, loss), params, { allowUnused: true });
  gradients.forEach((g, i) => {
    if (g) mapInto(label, follow, { g, ...moments[i] }, { n });
    else mapInto(label, followZero, { ...moments[i] }, { n });
  });
}

async function summaryOf(mean: Tensor, m2: Tensor, batches: number): Promise<NoiseSummary> {
  const [squares, spread] = reduce(label, totals, { mean, m2 }, { axes: mean.shape.map((_, axis) => axis) });
  try {
    return summarize(await squares.item(), await spread.item(), batches);
  } finally {
    squares.dispose();
    spread.dispose();
  }
}

function summarize(squares: number, totalVariance: number, batches: number): NoiseSummary {
  const squaredNorm = squares - totalVariance / batches;
  return {
    meanNorm: Math.sqrt(squares),
    totalVariance,
    squaredNorm,
    signalToNoise: Math.sqrt(squares / totalVariance),
    noiseScale: squaredNorm <= 0 ? Number.POSITIVE_INFINITY : totalVariance / squaredNorm,
  };
}
