import { expected, ValueError } from '../errors.js';
import { defaultsOf, textOf } from '../tensor/options.js';
import type { Optimizer } from './optimizer.js';
import { AdaBound } from './optimizers/adabound.js';
import { Adam } from './optimizers/adam.js';
import { AdamW } from './optimizers/adamw.js';
import { AdaPNM } from './optimizers/adapnm.js';
import { AMSGrad } from './optimizers/amsgrad.js';
import { Padam } from './optimizers/padam.js';
import { PNM } from './optimizers/pnm.js';
import { RAdam } from './optimizers/radam.js';
import { SGD } from './optimizers/sgd.js';
import { Yogi } from './optimizers/yogi.js';
import type { CommonOptions, Params } from './param-groups.js';

const optimizers = {
  sgd: SGD,
  pnm: PNM,
  adapnm: AdaPNM,
  adam: Adam,
  amsgrad: AMSGrad,
  adamw: AdamW,
  adabound: AdaBound,
  padam: Padam,
  yogi: Yogi,
  radam: RAdam,
};

/** Name of an optimizer for `create`. */
export type OptimizerName = keyof typeof optimizers;

/** The names of all optimizers: 'sgd', 'pnm', 'adapnm' ... */
export const names = Object.keys(optimizers) as readonly OptimizerName[];

type Created<N extends OptimizerName> = InstanceType<(typeof optimizers)[N]>;
type OptionsOf<N extends OptimizerName> = NonNullable<ConstructorParameters<(typeof optimizers)[N]>[1]>;

/**
 * An optimizer by name. Throws ValueError for an unknown name, and as the constructor does.
 * @example optim.create('pnm', model.parameters(), { lr: 1 })
 */
export function create<N extends OptimizerName>(
  name: N,
  params: Params<OptionsOf<N>>,
  options: OptionsOf<N>,
): Created<N>;
/** An optimizer by a name known only at run time. Throws ValueError for an unknown name, and as the constructor does. */
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

/** The default options of an optimizer by name; `lr` is absent where it must be given. Throws ValueError for an unknown name. */
export function defaults(name: string): Readonly<Record<string, unknown>> {
  return { ...defaultsOf<object>(find('defaults', name).options) };
}

function find(op: string, name: string): (typeof optimizers)[OptimizerName] {
  if (!(names as readonly string[]).includes(name)) {
    throw new ValueError(expected(`optim.${op}`, `one of ${names.join(', ')}`, textOf(name)));
  }
  return optimizers[name as OptimizerName];
}
