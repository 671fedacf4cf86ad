import type { Lines } from './update.js';

/**
 * The positive-negative momentum pair (Xie et al. 2021, equations 6 and 7) as an ingredient of update rules. One
 * average takes the gradients of odd steps, the other those of even steps; `pos` is the one that takes the gradient of
 * this step:
 *
 *     m_t = beta1^2 m_{t-2} + (1 - beta1^2) g_t
 *     u   = (1 + beta0) m_t - beta0 m_{t-1}
 *
 * It defines `u`, an estimate of the gradient whose noise has (1 + beta0)^2 + beta0^2 times the variance, and `norm`,
 * the square root of that factor, by which the learning rate is divided. The scalars are beta1 and beta0.
 */
export const momentumPair: Lines = {
  text: `
    pos = beta1**2 * pos + (1 - beta1**2) * g
    const u = (1 + beta0) * pos - beta0 * neg
    const norm = sqrt((1 + beta0)**2 + beta0**2)`,
  slots: { pos: 0, neg: 0 },
  alternate: ['pos', 'neg'],
  scalars: ['beta1', 'beta0'],
};
