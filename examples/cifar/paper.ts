import { optim } from 'antinode';
import { type OptimizerOptions, valueFor } from '../shared/training.js';
import type { Settings } from './options.js';

/** Learning rates of Xie et al. 2021, appendix B.1, that differ from the defaults. */
const learningRates: Readonly<Record<string, number>> = { sgd: 0.1, pnm: 1, padam: 1e-2 };

/**
 * Options of the i-th optimizer of a run: those of the paper (appendices B.1, B.2 and B.4) unless the user chose others.
 * Weight decay is 5e-4, for folders (ImageNet) and with label noise 1e-4. With
 * label noise, PNM uses beta0 = 70. The kind of weight decay is the one that
 * the optimizer's authors use. For adaptive optimizers with decoupled weight decay, it is divided by the learning rate,
 * as in the paper: 0.5 at 1e-3.
 */
export function optimizerOptions(settings: Settings, i: number): OptimizerOptions {
  const name = settings.optimizer[i];
  const noisy = settings.labelNoise > 0;
  const defaults = optim.defaults(name);
  const lr = valueFor(settings.lr, i) ?? learningRates[name] ?? Number(defaults.lr);
  const strength = noisy || settings.dataset === 'folder' ? 1e-4 : 5e-4;
  const decay = settings.decay ?? (defaults.decay as optim.Decay);
  const adaptive = 'betas' in defaults;
  const weightDecay =
    valueFor(settings.weightDecay, i) ?? (decay === 'decoupled' && adaptive ? strength / lr : strength);
  const options: OptimizerOptions = { lr, weightDecay, decay };
  if (typeof defaults.momentum === 'number') options.momentum = 0.9;
  if ('beta0' in defaults) options.beta0 = settings.beta0 ?? (noisy ? 70 : 1);
  return options;
}
