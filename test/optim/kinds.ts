import * as optim from '../../src/optim/index.js';
import { accepts, algorithms, ruleOf } from './algorithms.js';

/** An optimizer with options that choose one of its update rules, and the slots that the rule uses. */
export interface Kind {
  readonly name: optim.OptimizerName;
  readonly options: Readonly<Record<string, unknown>>;
  readonly slots: readonly string[];
}

/** The options that choose a rule by a value other than true or false, by name. */
const choices: Readonly<Record<string, (initial: unknown) => readonly unknown[]>> = {
  momentum: (initial) => [typeof initial === 'number' ? 0.9 : optim.positiveNegative({ beta0: 0.5 })],
  partial: () => [1 / 8, 0.4],
  // the base class handles this one, for all optimizers alike
  maximize: () => [],
};

/** Sets of options: the defaults, each option that chooses a rule changed, and momentum changed with each flag. */
function optionsOf(name: optim.OptimizerName): Record<string, unknown>[] {
  const changes = Object.entries(algorithms[name].options).flatMap(([option, { initial }]) => {
    const others = choices[option]?.(initial) ?? (typeof initial === 'boolean' ? [!initial] : []);
    return others.map((value) => ({ [option]: value }));
  });
  const momentum = changes.filter((change) => 'momentum' in change);
  const flags = changes.filter((change) => typeof Object.values(change)[0] === 'boolean');
  const both = momentum.flatMap((change) => flags.map((flag) => ({ ...change, ...flag })));
  return [{}, ...changes, ...both].filter((options) => accepts(name, options));
}

/** Every kind of update rule once. */
export const kinds: readonly Kind[] = optim.names.flatMap((name) =>
  optionsOf(name).map((options) => ({ name, options, slots: Object.keys(ruleOf(name, options).slots) })),
);
