import { optim, Parameter, randn } from 'antinode';
import type { Workload } from './workload.js';

const size = 11_000_000;

/** Updates of one parameter as large as ResNet-18; `touched` arrays are read or written by each. */
const update = (name: string, touched: number, create: (params: [Parameter]) => optim.Optimizer): Workload => ({
  name: `${name}-11m`,
  bytes: 4 * size * touched,
  make() {
    const p = new Parameter(randn([size]));
    p.grad = randn([size]);
    const optimizer = create([p]);
    return () => {
      optimizer.step();
      return undefined;
    };
  },
});

/** Optimizer steps, which are bound by memory: the parameter and most slots are read and written, the gradient is read. */
export const optimizers: Workload[] = [
  update('sgd', 5, (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 })),
  update('pnm', 6, (params) => new optim.PNM(params, { lr: 1 })),
  update('adapnm', 10, (params) => new optim.AdaPNM(params)),
  update('adam', 7, (params) => new optim.Adam(params)),
  update('amsgrad', 9, (params) => new optim.AMSGrad(params)),
  update('adamw', 7, (params) => new optim.AdamW(params)),
  update('adamw-pnm', 8, (params) => new optim.AdamW(params, { momentum: optim.positiveNegative() })),
  update('adabound', 7, (params) => new optim.AdaBound(params)),
  update('padam', 9, (params) => new optim.Padam(params)),
  update('padam-eighth', 9, (params) => new optim.Padam(params, { partial: 1 / 8 })),
  update('yogi', 7, (params) => new optim.Yogi(params)),
  update('radam', 7, (params) => new optim.RAdam(params)),
];
