import { grad } from '../../../autograd/backward.js';
import { requiresGrad } from '../../../autograd/graph.js';
import { enableGrad } from '../../../autograd/mode.js';
import { filled } from '../../../autograd/ops/fill.js';
import { AntinodeError, expected, ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { expectFunction } from '../../../tensor/expect.js';
import { fromHost } from '../../../tensor/host.js';
import { scope } from '../../../tensor/memory/scope.js';
import { defaultGenerator, Generator, withSeed } from '../../../tensor/random.js';
import { mapInto } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { checkLoss, type Measured, type MeasuredParams, measuredParams, snapshot } from '../measured.js';
import { type Direction, flatVector, readFlat } from './flat-vectors.js';

/**
 * A function that computes the loss, a tensor with one element; or a list of such functions, one per minibatch, whose
 * mean is the loss. Only the graph of one minibatch is in memory at a time. Each function is called again for every
 * product with the Hessian, each time with the same random numbers, so dropout keeps its mask.
 */
export type Loss = (() => Tensor) | readonly (() => Tensor)[];

/** The Hessian of a loss at the current weights, which only its products show. */
export interface Hessian {
  /** Number of rows. */
  readonly size: number;
  /** Returns the product with a vector. */
  times(v: Float32Array): Promise<Float32Array>;
}

/** What a measurement of a loss works with. */
export interface LossTools {
  readonly measured: MeasuredParams;
  /** The losses, each with random numbers that are the same in every call. */
  readonly losses: readonly (() => Tensor)[];
  /** Random numbers that follow from the default stream, which only moves by one block. */
  readonly generator: Generator;
}

const addTo = formula('total = total + weight * h', { tensors: ['total', 'h'], scalars: ['weight'] });

/**
 * Runs a measurement of a loss, and then restores the buffers of a module.
 * @throws ValueError for parameters or losses that cannot be measured. Also throws what the loss throws.
 */
export async function withLosses<R>(
  label: string,
  parameters: Measured,
  loss: Loss,
  body: (tools: LossTools) => Promise<R>,
): Promise<R> {
  const measured = measuredParams(label, parameters);
  const functions = lossesOf(label, loss);
  const seed = defaultGenerator.below(2 ** 32);
  const losses = functions.map((f, i) => () => checkLoss(label, withSeed(seed + 2 ** 32 * (i + 1), f)));
  const restore = snapshot(label, measured.buffers);
  try {
    return await body({ measured, losses, generator: new Generator(seed) });
  } finally {
    restore();
  }
}

/**
 * Runs a measurement of the Hessian of a loss, and then restores the buffers of a module.
 * @throws ValueError for parameters or losses that cannot be measured. Also throws what the loss throws.
 */
export async function withHessian<R>(
  label: string,
  parameters: Measured,
  loss: Loss,
  body: (hessian: Hessian, tools: LossTools) => Promise<R>,
): Promise<R> {
  return withLosses(label, parameters, loss, (tools) => {
    const { measured, losses } = tools;
    return body({ size: measured.size, times: (v) => product(label, measured.params, losses, v) }, tools);
  });
}

function lossesOf(label: string, loss: Loss): readonly (() => Tensor)[] {
  const losses = Array.isArray(loss) ? (loss as readonly (() => Tensor)[]) : [loss as () => Tensor];
  if (losses.length === 0) throw new ValueError(expected(label, 'at least one loss', 'an empty list'));
  for (const f of losses) expectFunction(label, 'a function that returns the loss', f);
  return losses;
}

/** Differentiates gradient times v, for one loss after the other. */
async function product(
  label: string,
  params: readonly Tensor[],
  losses: readonly (() => Tensor)[],
  v: Float32Array,
): Promise<Float32Array> {
  const totals = scope(() => {
    let at = 0;
    const parts = params.map((p) => {
      at += p.size;
      return fromHost(label, v.subarray(at - p.size, at), p.shape, 'float32', p.storage.backend);
    });
    const sums = params.map((p) => filled(label, p.shape, 0, 'float32', p.storage.backend));
    for (const loss of losses) {
      scope(() => {
        const first = grad(enableGrad(loss), params, { createGraph: true, allowUnused: true });
        const used = params.flatMap((_, i) => {
          const g = first[i];
          return g && requiresGrad(g) ? [{ g, part: parts[i] }] : [];
        });
        // the gradient of a linear loss is constant
        if (used.length === 0) return;
        const gradOutputs = used.map(({ part }) => part);
        const second = grad(
          used.map(({ g }) => g),
          params,
          { gradOutputs, allowUnused: true },
        );
        second.forEach((h, i) => {
          if (h) mapInto(label, addTo, { total: sums[i], h }, { weight: 1 / losses.length });
        });
      });
    }
    return sums;
  });
  try {
    const result = await readFlat(totals, v.length);
    const odd = result.findIndex((x) => !Number.isFinite(x));
    if (odd < 0) return result;
    throw new AntinodeError(expected(label, 'finite second derivatives', `${result[odd]} at ${odd}`));
  } finally {
    for (const t of totals) t.dispose();
  }
}

/**
 * Returns the product of the Hessian of a loss with `direction`, in the order of the parameters (Pearlmutter 1994):
 * H v, the gradient of (gradient of the loss) times v. It costs about as much as three gradients. Row i of H is the
 * gradient of element i of the gradient; rows of parameters on which the loss does not depend are 0.
 *
 * Parameters, their `.grad`, modes, and the buffers of a module do not change. Modes matter: call `model.eval()` before
 * to measure the function that predicts. Memory beyond that of one backward with `createGraph` is two copies of the
 * parameters, and is freed afterwards.
 * @throws ValueError for no parameters, or those that are not leaves that require a gradient; DtypeError unless they
 * are float32; ShapeError for a direction that does not fit or a loss without exactly one element; AntinodeError for
 * second derivatives that are not finite. Also throws what the loss throws.
 * @example
 * const loss = () => nn.functional.crossEntropy(model.forward(images), labels);
 * const hv = await optim.analysis.hessianVectorProduct(model, loss, v);
 */
export async function hessianVectorProduct(
  parameters: Measured,
  loss: Loss,
  direction: Direction,
): Promise<Float32Array> {
  const label = 'analysis.hessianVectorProduct';
  return withHessian(label, parameters, loss, async (hessian, { measured }) =>
    hessian.times(await flatVector(label, measured, direction)),
  );
}
