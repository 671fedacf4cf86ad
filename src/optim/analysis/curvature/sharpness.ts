import { grad } from '../../../autograd/backward.js';
import { enableGrad, noGrad } from '../../../autograd/mode.js';
import { filled } from '../../../autograd/ops/fill.js';
import { formula } from '../../../formula/formula.js';
import { scope } from '../../../tensor/memory/scope.js';
import { positive } from '../../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { mapInto } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { type Measured, snapshot } from '../measured.js';
import { type EigenvalueOptions, eigenpairsOf, eigenvalueTable } from './eigenpairs.js';
import { dot, readFlat } from './flat-vectors.js';
import { type Loss, withLosses } from './hessian.js';

/** Options of `sharpnessWithin`. */
export interface SharpnessWithinOptions {
  /** The distance rho in the space of all parameters, > 0. Default 0.05. */
  radius: number;
}

const label = 'analysis.sharpnessWithin';
const table: OptionTable<SharpnessWithinOptions> = { radius: positive(0.05) };
const addTo = formula('total = total + weight * g', { tensors: ['total', 'g'], scalars: ['weight'] });
const move = formula('p = p + factor * g', { tensors: ['p', 'g'], scalars: ['factor'] });

/**
 * Returns the sharpness of a loss at the current weights: the largest eigenvalue of its Hessian (as in Cohen et al.
 * 2021). Gradient descent on a quadratic is stable for lr < 2 / sharpness, and PNM for lr < `stabilityLimit` /
 * sharpness. Options are those of `hessianEigenpairs`, which also says how exact the value is.
 * @throws ValueError for unknown or invalid options. For side effects and other errors see `hessianVectorProduct`.
 */
export async function sharpness(parameters: Measured, loss: Loss, options?: Given<EigenvalueOptions>): Promise<number> {
  const name = 'analysis.sharpness';
  const given = resolveOptions(name, eigenvalueTable, options);
  const { values } = await eigenpairsOf(name, parameters, loss, { ...given, count: 1, which: 'largest' });
  return values[0];
}

/**
 * Returns by how much the loss rises within the distance `radius` of the weights, to first order: L(theta + radius g /
 * |g|) - L(theta) with the gradient g (Foret et al. 2021, equations 1 and 2, the sharpness that SAM minimises). It is 0
 * where the gradient is 0. The weights move and are restored bit for bit before the promise is returned to the event
 * loop, so no other task sees them.
 * @throws ValueError for unknown or invalid options. For side effects and other errors see `hessianVectorProduct`.
 */
export async function sharpnessWithin(
  parameters: Measured,
  loss: Loss,
  options?: Given<SharpnessWithinOptions>,
): Promise<number> {
  const { radius } = resolveOptions(label, table, options);
  return withLosses(label, parameters, loss, async ({ measured: { params, size }, losses }) => {
    const [before, gradients] = scope(() => gradientOf(params, losses));
    let after: Tensor[] = [];
    try {
      const g = await readFlat(gradients, size);
      const length = Math.sqrt(dot(g, g));
      if (length === 0) return 0;
      const restore = snapshot(label, params);
      try {
        after = scope(() => {
          params.forEach((p, i) => {
            noGrad(() => mapInto(label, move, { p, g: gradients[i] }, { factor: radius / length }));
          });
          return losses.map((f) => noGrad(f));
        });
      } finally {
        restore();
      }
      return (await mean(after)) - (await mean(before));
    } finally {
      for (const t of [...before, ...gradients, ...after]) t.dispose();
    }
  });
}

/** Returns the losses and the gradient of their mean. */
function gradientOf(params: readonly Tensor[], losses: readonly (() => Tensor)[]): [Tensor[], Tensor[]] {
  const sums = params.map((p) => filled(label, p.shape, 0, 'float32', p.storage.backend));
  const values = losses.map((f) =>
    scope(() => {
      const value = enableGrad(f);
      grad(value, params, { allowUnused: true }).forEach((g, i) => {
        if (g) mapInto(label, addTo, { total: sums[i], g }, { weight: 1 / losses.length });
      });
      return value;
    }),
  );
  return [values, sums];
}

async function mean(values: readonly Tensor[]): Promise<number> {
  let sum = 0;
  for (const t of values) sum += await t.item();
  return sum / values.length;
}
