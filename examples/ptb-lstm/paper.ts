import { optim } from 'antinode';
import { type OptimizerOptions, valueFor } from '../shared/training.js';
import type { Settings } from './options.js';

/**
 * Learning rates from the grid of Xie et al. 2021, appendix B.3, for runs of a few epochs, which need a high learning
 * rate. The paper does not say which values it used.
 */
const learningRates: Readonly<Record<string, number>> = { sgd: 1, pnm: 10, padam: 0.1 };

/**
 * Options of the i-th optimizer of a run: L2 weight decay of 1e-5 unless the user chose otherwise. AdaPNM runs without
 * AMSGrad's maximum, as in the language modelling of section 5 of the paper.
 */
export function optimizerSettings(settings: Settings, i: number): OptimizerOptions {
  const name = settings.optimizer[i];
  const lr = valueFor(settings.lr, i) ?? learningRates[name] ?? 1e-2;
  const weightDecay = valueFor(settings.weightDecay, i) ?? 1e-5;
  const options: OptimizerOptions = { lr, weightDecay, decay: settings.decay ?? 'l2' };
  const defaults = optim.defaults(name);
  if (typeof defaults.momentum === 'number') options.momentum = 0.9;
  if ('beta0' in defaults) options.beta0 = settings.beta0 ?? 1;
  if (name === 'adapnm') options.amsgrad = false;
  return options;
}
