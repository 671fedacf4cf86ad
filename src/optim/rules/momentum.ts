import { finite, type Option } from '../../tensor/option-kinds.js';
import { resolveOptions } from '../../tensor/options.js';
import { momentumPair } from './momentum-pair.js';
import type { Lines, Update } from './update.js';

/** The positive-negative pair as the `momentum` of an adaptive optimizer, made by `positiveNegative`. */
export interface PositiveNegative {
  readonly kind: 'pnm';
  /** Weight of the difference between the two averages; larger values magnify the noise. */
  readonly beta0: number;
}

/** The momentum of an adaptive optimizer: the moving average of its gradients, or the positive-negative pair. */
export type Momentum = 'ema' | PositiveNegative;

/**
 * Returns positive-negative momentum for any optimizer with the option `momentum` (Xie et al. 2021): the pair replaces
 * the moving average, and the learning rate is divided by sqrt((1 + beta0)^2 + beta0^2). The default of beta0 is 1.
 * @throws ValueError for unknown options and a beta0 that is not a finite number.
 * @example new optim.AdamW(model.parameters(), { momentum: optim.positiveNegative({ beta0: 1 }) })
 */
export function positiveNegative(options: { readonly beta0?: number } = {}): PositiveNegative {
  return { kind: 'pnm', ...resolveOptions<{ beta0: number }>('positiveNegative', { beta0: finite(1) }, options) };
}

/** Returns an option for the kind of momentum. Default `'ema'`. */
export function momentum(): Option<Momentum> {
  const isPair = (x: unknown): x is PositiveNegative =>
    typeof x === 'object' && x !== null && 'kind' in x && x.kind === 'pnm' && 'beta0' in x && Number.isFinite(x.beta0);
  return {
    initial: 'ema',
    wanted: "to be 'ema' or positiveNegative({ beta0 })",
    accepts: (x) => x === 'ema' || isPair(x),
  };
}

/** Returns the beta0 of a kind of momentum, or 0 for a moving average, which does not use it. */
export function beta0Of(kind: Momentum): number {
  return kind === 'ema' ? 0 : kind.beta0;
}

/**
 * The moving average of gradients as an ingredient of update rules. It defines the same names as `momentumPair`:
 *
 *     m_t = beta1 m_{t-1} + (1 - beta1) g_t
 *     u   = m_t
 */
export const movingAverage: Lines = {
  text: `
    m = beta1 * m + (1 - beta1) * g
    const u = m
    const norm = 1`,
  slots: { m: 0 },
  scalars: ['beta1'],
};

/** Makes one update rule per kind of momentum, and returns a function that chooses between them. */
export function forEachMomentum(rule: (ingredient: Lines) => Update): (kind: Momentum) => Update {
  const [average, pair] = [rule(movingAverage), rule(momentumPair)];
  return (kind) => (kind === 'ema' ? average : pair);
}

/** Returns the same ingredient with slots that start from `start`: a number, or the name of a scalar. */
export function startingFrom(start: number | string, ingredient: Lines): Lines {
  const names = Object.keys(ingredient.slots ?? {});
  return { ...ingredient, slots: Object.fromEntries(names.map((name) => [name, start])) };
}
