import type { Lines } from './update.js';

/**
 * The average of squared gradients as an ingredient of adaptive rules; `vMax` is what to divide by:
 *
 *     v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
 *
 * The scalar is beta2; the bias is corrected by 1 - beta2^t.
 */
export const secondMoment: Lines = {
  text: `
    v = beta2 * v + (1 - beta2) * g**2
    const vMax = v`,
  slots: { v: 0 },
  scalars: ['beta2'],
};

/** The same with the largest average so far as `vMax` (AMSGrad: Reddi, Kale, Kumar 2018, Algorithm 2). */
export const largestSecondMoment: Lines = {
  text: `
    v = beta2 * v + (1 - beta2) * g**2
    vMax = max(v, vMax)`,
  slots: { v: 0, vMax: 0 },
  scalars: ['beta2'],
};
