import * as optim from '../../src/optim/index.js';

/** An optimizer with options that choose one of its update rules, and the slots that the rule keeps. */
export interface Kind {
  readonly name: optim.OptimizerName;
  readonly options: Readonly<Record<string, unknown>>;
  readonly slots: readonly string[];
}

const momentum = optim.positiveNegative({ beta0: 0.5 });

/** One of each kind of update rule. */
export const kinds: readonly Kind[] = [
  { name: 'sgd', options: {}, slots: [] },
  { name: 'sgd', options: { momentum: 0.9 }, slots: ['m'] },
  { name: 'sgd', options: { momentum: 0.8, nesterov: true }, slots: ['m'] },
  { name: 'pnm', options: {}, slots: ['neg', 'pos'] },
  { name: 'adapnm', options: {}, slots: ['neg', 'pos', 'v', 'vMax'] },
  { name: 'adapnm', options: { amsgrad: false }, slots: ['neg', 'pos', 'v'] },
  { name: 'adam', options: {}, slots: ['m', 'v'] },
  { name: 'adam', options: { momentum }, slots: ['neg', 'pos', 'v'] },
  { name: 'amsgrad', options: {}, slots: ['m', 'v', 'vMax'] },
  { name: 'amsgrad', options: { momentum }, slots: ['neg', 'pos', 'v', 'vMax'] },
  { name: 'adamw', options: {}, slots: ['m', 'v'] },
  { name: 'adamw', options: { momentum, amsgrad: true }, slots: ['neg', 'pos', 'v', 'vMax'] },
  { name: 'adabound', options: {}, slots: ['m', 'v'] },
  { name: 'adabound', options: { momentum, amsbound: true }, slots: ['neg', 'pos', 'v', 'vMax'] },
  { name: 'padam', options: {}, slots: ['m', 'v', 'vMax'] },
  { name: 'padam', options: { partial: 1 / 8 }, slots: ['m', 'v', 'vMax'] },
  { name: 'padam', options: { momentum, amsgrad: false, partial: 0.4 }, slots: ['neg', 'pos', 'v'] },
  { name: 'yogi', options: {}, slots: ['m', 'v'] },
  { name: 'yogi', options: { momentum }, slots: ['neg', 'pos', 'v'] },
  { name: 'radam', options: {}, slots: ['m', 'v'] },
  { name: 'radam', options: { momentum }, slots: ['neg', 'pos', 'v'] },
];
