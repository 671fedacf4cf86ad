import type { Algorithm, CommonOptions, OptimizerName, OptionTable } from '../../src/optim/index.js';
import * as classes from '../../src/optim/optimizers/index.js';
import type { Update } from '../../src/optim/rules/update.js';
import { resolveOptions } from '../../src/tensor/options.js';

type AnyOptions = CommonOptions & Readonly<Record<string, unknown>>;

/** The definitions of all optimizers of the registry, by name. */
export const algorithms = Object.fromEntries(
  Object.entries(classes).map(([name, Class]) => [name.toLowerCase(), Class]),
) as unknown as Readonly<Record<OptimizerName, Algorithm<AnyOptions> & { readonly options: OptionTable<AnyOptions> }>>;

/** Reports whether an optimizer accepts these options together. */
export function accepts(name: OptimizerName, options: Readonly<Record<string, unknown>>): boolean {
  const { check, options: table, label } = algorithms[name];
  return !check?.(resolveOptions(label, table, { lr: 1 }, options));
}

/** Returns the update rule that an optimizer chooses for these options. */
export function ruleOf(name: OptimizerName, options: Readonly<Record<string, unknown>>): Update {
  const { update, options: table, label } = algorithms[name];
  return typeof update === 'function' ? update(resolveOptions(label, table, { lr: 1 }, options)) : update;
}
