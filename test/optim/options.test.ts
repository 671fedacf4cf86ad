import { describe, expect, it } from 'vitest';
import { setRequiresGrad } from '../../src/autograd/graph.js';
import { cast } from '../../src/autograd/ops/convert.js';
import { mul } from '../../src/autograd/ops/math/arithmetic.js';
import { AntinodeError, DtypeError, ValueError } from '../../src/errors.js';
import * as optim from '../../src/optim/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { parameter } from './helpers.js';

const p = parameter([1, 2]);
const q = parameter([3]);

/** The message of each refused call. */
const refused: readonly [string, RegExp, () => unknown][] = [
  [
    'an unknown option',
    /^Adam: expected options among lr, weightDecay, .*, got 'nesterov'$/,
    () => make('adam', { nesterov: true }),
  ],
  ['the name of a method of every object', /got 'toString'$/, () => make('adam', { toString: 1 })],
  ['no learning rate', /^SGD: expected option lr >= 0, got none$/, () => make('sgd', {})],
  ['undefined as learning rate', /^PNM: expected option lr >= 0, got none$/, () => make('pnm', { lr: undefined })],
  ['lr < 0', /^PNM: expected option lr >= 0, got -1$/, () => make('pnm', { lr: -1 })],
  ['lr NaN', /^SGD: expected option lr >= 0, got NaN$/, () => make('sgd', { lr: Number.NaN })],
  ['lr as text', /^SGD: expected option lr >= 0, got '0.1'$/, () => make('sgd', { lr: '0.1' })],
  ['infinite lr', /^SGD: expected option lr >= 0, got Infinity$/, () => make('sgd', { lr: Number.POSITIVE_INFINITY })],
  ['momentum < 0', /^SGD: expected option momentum >= 0, got -0.1$/, () => make('sgd', { lr: 1, momentum: -0.1 })],
  [
    'nesterov without momentum',
    /^SGD: expected momentum > 0 and dampening 0 with nesterov, got 0 and 0$/,
    () => make('sgd', { lr: 1, nesterov: true }),
  ],
  [
    'nesterov with dampening',
    /got 0.9 and 0.5$/,
    () => make('sgd', { lr: 1, momentum: 0.9, dampening: 0.5, nesterov: true }),
  ],
  ['beta1 = 1', /^PNM: expected option beta1 in \[0, 1\), got 1$/, () => make('pnm', { lr: 1, beta1: 1 })],
  [
    'beta0 null',
    /^PNM: expected option beta0 to be a finite number, got null$/,
    () => make('pnm', { lr: 1, beta0: null }),
  ],
  [
    'beta2 < 0',
    /^AdaPNM: expected option betas to be two numbers in \[0, 1\), got \[0.9, -0.1\]$/,
    () => make('adapnm', { betas: [0.9, -0.1] }),
  ],
  ['three betas', /got \[0.9, 0.999, 1\]$/, () => make('adapnm', { betas: [0.9, 0.999, 1] })],
  ['one beta', /got 0.9$/, () => make('adam', { betas: 0.9 })],
  ['eps = 0', /^AMSGrad: expected option eps > 0, got 0$/, () => make('amsgrad', { eps: 0 })],
  [
    'amsgrad as number',
    /^Adam: expected option amsgrad to be true or false, got 1$/,
    () => make('adam', { amsgrad: 1 }),
  ],
  [
    'momentum as number',
    /^AdamW: expected option momentum to be 'ema' or positiveNegative\(\{ beta0 \}\), got 0.9$/,
    () => make('adamw', { momentum: 0.9 }),
  ],
  [
    'an unknown option of the pair',
    /^positiveNegative: expected options among beta0, got 'beta1'$/,
    () => optim.positiveNegative({ beta1: 1 } as never),
  ],
  [
    'the pair with beta0 NaN',
    /^positiveNegative: expected option beta0 to be a finite number, got NaN$/,
    () => optim.positiveNegative({ beta0: NaN }),
  ],
  ['gamma = 0', /^AdaBound: expected option gamma > 0, got 0$/, () => make('adabound', { gamma: 0 })],
  ['finalLr < 0', /^AdaBound: expected option finalLr >= 0, got -1$/, () => make('adabound', { finalLr: -1 })],
  ['partial = 0', /^Padam: expected option partial > 0, got 0$/, () => make('padam', { partial: 0 })],
  [
    'initialAccumulator < 0',
    /^Yogi: expected option initialAccumulator >= 0, got -1$/,
    () => make('yogi', { initialAccumulator: -1 }),
  ],
  ['weightDecay < 0', /^Adam: expected option weightDecay >= 0, got -1$/, () => make('adam', { weightDecay: -1 })],
  [
    'an unknown decay',
    /^Adam: expected option decay to be 'l2' or 'decoupled', got 'L2'$/,
    () => make('adam', { decay: 'L2' }),
  ],
  ['an option of a group', /^Adam: expected option eps > 0, got -1$/, () => new optim.Adam([{ params: [p], eps: -1 }])],
  ['no parameters', /^Adam: expected at least one parameter, got an empty list$/, () => new optim.Adam([])],
  [
    'groups without parameters',
    /^Adam: expected at least one parameter, got none$/,
    () => new optim.Adam([{ params: [] }]),
  ],
  [
    'no list',
    /^Adam: expected a list of parameters, such as model.parameters\(\), got undefined$/,
    () => new optim.Adam(undefined as never),
  ],
  [
    'a single tensor',
    /^Adam: expected a list of parameters, .*, got Tensor\(2\) float32 on reference$/,
    () => new optim.Adam(p as never),
  ],
  [
    'a value that is not a tensor',
    /^Adam: expected a tensor as parameter 1, got 'w'$/,
    () => new optim.Adam([p, 'w'] as unknown as Tensor[]),
  ],
  [
    'a parameter twice',
    /^Adam: expected every parameter once, got parameter 2 again: Tensor\(2\)/,
    () => new optim.Adam([p, q, p]),
  ],
  [
    'a parameter in two groups',
    /^Adam: expected every parameter once, got Tensor\(1\) .* again, from another group$/,
    () => new optim.Adam([{ params: [p, q] }, { params: [q] }]),
  ],
  [
    'the result of an operation',
    /^Adam: expected parameter 0 to be a leaf, got the result of mul$/,
    () => new optim.Adam([mul(p, 2)]),
  ],
  ['options null', /^Adam: expected an object with options, got null$/, () => new optim.Adam([p], null as never)],
  [
    'options that are not an object',
    /^Adam: expected an object with options, got 0.1$/,
    () => new optim.Adam([p], 0.1 as never),
  ],
  [
    'undefined as the group to add',
    /^Adam: expected a group \{ params, ...options \}, got undefined$/,
    () => new optim.Adam([p]).addParamGroup(undefined as never),
  ],
  [
    'adding parameters that are not a group',
    /^Adam: expected a group \{ params, ...options \}, got \[Tensor\(1\) float32 on reference\]$/,
    () => new optim.Adam([p]).addParamGroup([q] as never),
  ],
  ['an unknown name', /^optim.create: expected one of sgd, pnm, .*, got 'Nadam'$/, () => optim.create('Nadam', [p])],
  [
    'an unknown name for defaults',
    /^optim.defaults: expected one of sgd, .*, got 'nadam'$/,
    () => optim.defaults('nadam'),
  ],
];

function make(name: string, options: Record<string, unknown>): optim.Optimizer {
  return optim.create(name, [p], options);
}

describe('optimizers', () => {
  it.each(refused)('refuse %s', (_, message, act) => {
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
  });

  it('refuse integers', () => {
    expect(() => new optim.Adam([cast(p, 'int32')])).toThrow(DtypeError);
    expect(() => new optim.Adam([cast(p, 'int32')])).toThrow(/^Adam: expected parameter 0 to be float32, got int32$/);
  });

  it('keep their groups unchanged when an added group is refused', () => {
    const optimizer = new optim.Adam([p]);
    expect(() => optimizer.addParamGroup({ params: [q], eps: 0 })).toThrow(AntinodeError);
    expect(() => optimizer.addParamGroup({ params: [q, p] })).toThrow(/from another group/);
    expect(optimizer.paramGroups).toHaveLength(1);
    optimizer.addParamGroup({ params: [q] });
    expect(optimizer.paramGroups[1].params).toEqual([q]);
  });

  it('accept iterators and leaves that do not require a gradient', () => {
    const frozen = setRequiresGrad(parameter([1]), false);
    const list = function* () {
      yield p;
      yield frozen;
    };
    expect(new optim.Adam(list()).paramGroups[0].params).toEqual([p, frozen]);
  });

  it('do not share options with the caller', () => {
    const options = { lr: 0.1 };
    const optimizer = new optim.SGD([p], options);
    options.lr = 5;
    optimizer.addParamGroup({ params: [q] });
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.1, 0.1]);
  });
});

describe('the registry', () => {
  it.each(optim.names)('creates %s by name with its defaults', (name) => {
    const given = 'lr' in optim.defaults(name) ? {} : { lr: 0.5 };
    const [{ params, initialLr, ...options }] = optim.create(name, [p], given).paramGroups;
    expect(options).toEqual({ ...optim.defaults(name), ...given });
    expect(params).toEqual([p]);
    expect(initialLr).toBe(options.lr);
  });

  it('knows the defaults of the papers and of PyTorch', () => {
    const adapnm = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false };
    const adam = { ...adapnm, momentum: 'ema' };
    const published = {
      sgd: { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, decay: 'l2', maximize: false },
      pnm: { beta1: 0.9, beta0: 1, weightDecay: 0, decay: 'decoupled', maximize: false },
      adapnm: { ...adapnm, beta0: 1, amsgrad: true, decay: 'decoupled' },
      adam: { ...adam, amsgrad: false, decay: 'l2' },
      amsgrad: { ...adam, amsgrad: true, decay: 'l2' },
      adamw: { ...adam, amsgrad: false, weightDecay: 1e-2, decay: 'decoupled' },
      adabound: { ...adam, finalLr: 0.1, gamma: 1e-3, amsbound: false, decay: 'l2' },
      padam: { ...adam, lr: 0.1, partial: 0.25, amsgrad: true, decay: 'l2' },
      yogi: { ...adam, lr: 1e-2, eps: 1e-3, initialAccumulator: 1e-6, decay: 'l2' },
      radam: { ...adam, decay: 'l2' },
    };
    for (const [name, defaults] of Object.entries(published)) expect(optim.defaults(name), name).toEqual(defaults);
  });

  it('contains every optimizer that the namespace exports, by the name of its class', () => {
    const classes = Object.entries<unknown>(optim).filter(
      ([name, value]) =>
        typeof value === 'function' && value.prototype instanceof optim.Optimizer && name !== 'Optimizer',
    );
    expect(classes.map(([name]) => name.toLowerCase()).sort()).toEqual([...optim.names].sort());
    for (const [name, Class] of classes as [string, typeof optim.Adam][]) {
      expect(Class.label).toBe(name);
      expect(optim.create(name.toLowerCase(), [p], { lr: 1 })).toBeInstanceOf(Class);
    }
    // the name determines the type of the optimizer
    expect(optim.create('pnm', [p], { lr: 1, beta0: 2 }).paramGroups[0].beta0).toBe(2);
  });
});
