import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { Adam, AdaPNM, AMSGrad, PNM } from '../../src/optim/index.js';
import { close } from '../helpers/close.js';
import { between, vector } from './arbitrary.js';
import { devices, follow, parameter } from './helpers.js';
import { kinds } from './kinds.js';

const size = 3;

const problem = fc.record({
  start: vector(size),
  gradients: fc.array(vector(size), { minLength: 1, maxLength: 12 }),
  lr: between(1e-4, 0.5),
  beta1: between(0, 0.99),
  beta2: between(0.5, 0.9999),
  eps: between(1e-8, 1e-2),
  weightDecay: fc.oneof(fc.constant(0), between(0, 0.5)),
  decay: fc.constantFrom('l2' as const, 'decoupled' as const),
  maximize: fc.boolean(),
});

/** Returns the beta0 at which the positive-negative pair equals one moving average. */
const recovering = (beta1: number) => -beta1 / (1 + beta1);

/** Returns the learning rate of momentum that equals PNM's `lr` there. */
const rescaled = (lr: number, beta1: number) => (lr * (1 + beta1)) / Math.sqrt(1 + beta1 ** 2);

describe.each(devices)('on %s, with beta0 = -beta1 / (1 + beta1)', (device) => {
  const [rtol, atol] = device === 'reference' ? [1e-9, 1e-9] : [1e-5, 1e-5];

  /** Asserts that two optimizers take a parameter along the same path. */
  const agree = (actual: number[][][], expected: number[][][]) => {
    close(actual.flat(2), expected.flat(2), rtol, atol, { shape: [expected.length, size], what: 'steps' });
  };

  it('PNM is momentum m_t = beta1 m_{t-1} + (1 - beta1) g_t at lr (1 + beta1) / sqrt(1 + beta1^2), from step 1', () => {
    fc.assert(
      fc.property(problem, ({ start, gradients, lr, beta1, weightDecay, decay, maximize }) => {
        const p = parameter(start, { device });
        const options = { lr, beta1, beta0: recovering(beta1), weightDecay, decay, maximize };
        const paths = follow(
          new PNM([p], options),
          [p],
          gradients.map((g) => [g]),
        );
        let theta = start;
        let m = start.map(() => 0);
        const expected = gradients.map((row) => {
          const g = row.map((x, i) => (maximize ? -x : x) + (decay === 'l2' ? weightDecay * theta[i] : 0));
          m = m.map((x, i) => beta1 * x + (1 - beta1) * g[i]);
          const shrink = decay === 'decoupled' ? 1 - lr * weightDecay : 1;
          theta = theta.map((x, i) => shrink * x - rescaled(lr, beta1) * m[i]);
          return [theta];
        });
        agree(paths, expected);
      }),
    );
  });

  it.each([
    { name: 'Adam', baseline: Adam, amsgrad: false },
    { name: 'AMSGrad', baseline: AMSGrad, amsgrad: true },
  ])('AdaPNM with amsgrad $amsgrad is $name at lr (1 + beta1) / sqrt(1 + beta1^2)', ({ baseline, amsgrad }) => {
    fc.assert(
      fc.property(problem, ({ start, gradients, lr, beta1, beta2, eps, weightDecay, decay, maximize }) => {
        const [p, q] = [parameter(start, { device }), parameter(start, { device })];
        const shared = { betas: [beta1, beta2] as const, eps, decay, maximize };
        const pnm = new AdaPNM([p], { ...shared, lr, beta0: recovering(beta1), amsgrad, weightDecay });
        // decoupled decay is proportional to the rate, which differs
        const scale = decay === 'decoupled' ? lr / rescaled(lr, beta1) : 1;
        const adam = new baseline([q], { ...shared, lr: rescaled(lr, beta1), weightDecay: scale * weightDecay });
        const rows = gradients.map((g) => [g]);
        agree(follow(pnm, [p], rows), follow(adam, [q], rows));
      }),
    );
  });

  // options that have no visible effect in so few steps at their defaults
  const visible = { gamma: 0.1, initialAccumulator: 0.01 };
  const averaging = kinds.filter(({ name, options }) => {
    return optim.defaults(name).momentum === 'ema' && !('momentum' in options);
  });

  it.each(averaging)(
    '$name $options with the pair is $name with a moving average at lr (1 + beta1) / sqrt(1 + beta1^2)',
    (kind) => {
      const { name } = kind;
      const has = (option: string) => option in optim.defaults(name);
      const extra = {
        ...Object.fromEntries(Object.entries(visible).filter(([option]) => has(option))),
        ...kind.options,
      };
      fc.assert(
        fc.property(problem, ({ start, gradients, lr, beta1, beta2, eps, weightDecay, decay, maximize }) => {
          const [p, q] = [parameter(start, { device }), parameter(start, { device })];
          const shared = { ...extra, betas: [beta1, beta2] as const, eps, decay, maximize };
          const slower = rescaled(lr, beta1);
          // a rate that is not scaled by lr
          const bounds = (scale: number) => (has('finalLr') ? { finalLr: 0.2 * scale } : {});
          const momentum = optim.positiveNegative({ beta0: recovering(beta1) });
          const pair = optim.create(name, [p], { ...shared, ...bounds(1), lr, momentum, weightDecay });
          const scale = decay === 'decoupled' ? lr / slower : 1;
          const options = { ...shared, ...bounds(slower / lr), lr: slower, weightDecay: scale * weightDecay };
          const rows = gradients.map((g) => [g]);
          agree(follow(pair, [p], rows), follow(optim.create(name, [q], options), [q], rows));
        }),
      );
    },
  );
});

it('Adam with the pair, AMSGrad and decoupled decay is AdaPNM, bit for bit', () => {
  fc.assert(
    fc.property(problem, between(0, 5), ({ start, gradients, lr, beta1, beta2, eps, weightDecay }, beta0) => {
      const [p, q] = [parameter(start), parameter(start)];
      const shared = { lr, betas: [beta1, beta2] as const, eps, weightDecay, decay: 'decoupled' as const };
      const rows = gradients.map((g) => [g]);
      const pair = follow(new AMSGrad([p], { ...shared, momentum: optim.positiveNegative({ beta0 }) }), [p], rows);
      expect(pair).toEqual(follow(new AdaPNM([q], { ...shared, beta0 }), [q], rows));
    }),
  );
});
