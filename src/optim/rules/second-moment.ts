import type { Lines } from './update.js';

/**
 * The average of squared gradients as an ingredient of adaptive rules:
 *
 *     v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
 *
 * It defines `vMax`, the divisor, and `root`, the square root of its bias 1 - beta2^t. The scalars are beta2 and t.
 */
export const secondMoment: Lines = {
  text: `
    v = beta2 * v + (1 - beta2) * g**2
    const vMax = v
    const root = sqrt(1 - beta2**t)`,
  slots: { v: 0 },
  scalars: ['beta2', 't'],
};

/** The same with the largest average so far as `vMax` (AMSGrad: Reddi, Kale, Kumar 2018, Algorithm 2). */
export const largestSecondMoment: Lines = {
  text: `
    v = beta2 * v + (1 - beta2) * g**2
    vMax = v < vMax ? vMax : v
    const root = sqrt(1 - beta2**t)`,
  slots: { v: 0, vMax: 0 },
  scalars: ['beta2', 't'],
};
