import { optim, Parameter, randn } from 'antinode';
import type { Workload } from './workload.js';

const size = 11_000_000;

/** Updates of one parameter as large as ResNet-18; `touched` arrays are read or written by each. */
const update = (name: string, touched: number, create: (p: Parameter) => optim.Optimizer): Workload => ({
  name,
  bytes: 4 * size * touched,
  make() {
    const p = new Parameter(randn([size]));
    p.grad = randn([size]);
    const optimizer = create(p);
    return () => {
      optimizer.step();
      return undefined;
    };
  },
});

/** Optimizer steps, which are bound by memory. */
export const optimizers: Workload[] = [
  update('sgd-11m', 5, (p) => new optim.SGD([p], { lr: 0.1, momentum: 0.9 })),
  update('adam-11m', 7, (p) => new optim.Adam([p])),
];
