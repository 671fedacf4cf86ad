import { expected, textOf, ValueError } from '../errors.js';
import { defaultsOf } from '../tensor/options.js';
import type { Optimizer } from './optimizer.js';
// every optimizer that optimizers/index.ts exports is in the registry, by the name of its class in lower case
import * as classes from './optimizers/index.js';
import type { Params } from './param-groups.js';
import type { CommonOptions } from './rules/common.js';

/** The classes of all optimizers by name. */
export type OptimizerClasses = { readonly [K in keyof typeof classes as Lowercase<K>]: (typeof classes)[K] };

const optimizers = Object.fromEntries(
  Object.entries(classes).map(([name, Class]) => [name.toLowerCase(), Class]),
) as unknown as OptimizerClasses;

/** The name of an optimizer for `create`: the name of its class in lower case. */
export type OptimizerName = keyof OptimizerClasses;

// PNM, and the optimizers that it was compared with, come first (Xie et al. 2021)
const compared = 'sgd pnm adapnm adam amsgrad adamw adabound padam yogi radam'.split(' ');

/** The names of all optimizers: 'sgd', 'pnm', 'adapnm' ... */
export const names = [
  ...compared.filter((name) => name in optimizers),
  ...Object.keys(optimizers)
    .filter((name) => !compared.includes(name))
    .sort(),
] as readonly OptimizerName[];

/** The class of optimizer that a name stands for. */
export type OptimizerOf<N extends OptimizerName> = InstanceType<OptimizerClasses[N]>;
/** The options of the optimizer that a name stands for. */
export type OptimizerOptions<N extends OptimizerName> = NonNullable<ConstructorParameters<OptimizerClasses[N]>[1]>;

/**
 * Creates an optimizer by name.
 * @throws ValueError for an unknown name; otherwise as the constructor does.
 * @example optim.create('pnm', model.parameters(), { lr: 1 })
 */
export function create<N extends OptimizerName>(
  name: N,
  params: Params<OptimizerOptions<N>>,
  options: OptimizerOptions<N>,
): OptimizerOf<N>;
/**
 * Creates an optimizer by a name that is known only at run time.
 * @throws ValueError for an unknown name; otherwise as the constructor does.
 */
export function create(
  name: string,
  params: Params<CommonOptions>,
  options?: Readonly<Record<string, unknown>>,
): Optimizer;
export function create(
  name: string,
  params: Params<CommonOptions>,
  options: Readonly<Record<string, unknown>> = {},
): Optimizer {
  const Class = find('create', name) as new (
    p: Params<CommonOptions>,
    o: Readonly<Record<string, unknown>>,
  ) => Optimizer;
  return new Class(params, options);
}

/**
 * Returns the default options of an optimizer by name; `lr` is absent if it must be given.
 * @throws ValueError for an unknown name.
 */
export function defaults(name: string): Readonly<Record<string, unknown>> {
  return { ...defaultsOf<object>(find('defaults', name).options) };
}

function find(op: string, name: string): OptimizerClasses[OptimizerName] {
  if (!(names as readonly string[]).includes(name)) {
    throw new ValueError(expected(`optim.${op}`, `one of ${names.join(', ')}`, textOf(name)));
  }
  return optimizers[name as OptimizerName];
}
