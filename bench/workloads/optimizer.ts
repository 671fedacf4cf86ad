import { optim, Parameter, randn, tensor } from 'antinode';
import type { Workload } from './workload.js';

const size = 11_000_000;

type Options = Readonly<Record<string, unknown>>;

/** The required options of an optimizer, and momentum if that is a number. */
function usual(name: string): Options {
  const defaults = optim.defaults(name);
  return {
    ...('lr' in defaults ? {} : { lr: 0.1 }),
    ...(typeof defaults.momentum === 'number' ? { momentum: 0.9 } : {}),
  };
}

/**
 * The number of array reads and writes of a step: the gradient is read, the parameter and the slots are read and
 * written, except for the older half of a positive-negative pair, which is only read.
 */
function arraysTouched(name: string, options: Options): number {
  const p = new Parameter(tensor([1]));
  p.grad = tensor([1]);
  const optimizer = optim.create(name, [p], options);
  optimizer.step();
  const { step: _, ...slots } = optimizer.stateDict().state[0];
  return 3 + 2 * Object.keys(slots).length - ('neg' in slots ? 1 : 0);
}

/** Updates one parameter as large as ResNet-18. */
const update = (name: string, options: Options, label = name): Workload => ({
  name: `${label}-11m`,
  get bytes() {
    return 4 * size * arraysTouched(name, options);
  },
  make() {
    const p = new Parameter(randn([size]));
    p.grad = randn([size]);
    const optimizer = optim.create(name, [p], options);
    return () => {
      optimizer.step();
      return undefined;
    };
  },
});

/** One step of each optimizer, bound by memory bandwidth. */
export const optimizers: Workload[] = [
  ...optim.names.map((name) => update(name, usual(name))),
  update('adamw', { momentum: optim.positiveNegative() }, 'adamw-pnm'),
  update('padam', { partial: 1 / 8 }, 'padam-eighth'),
];
