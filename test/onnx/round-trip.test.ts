import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import * as a from '../../src/index.js';
import { layers, models } from '../nn/rows.js';
import { type Choice, choices, sequentialOf } from './sequentials.js';
import { Computing, expectSame, exported, operatorCounts, outputsOf, reimported } from './trips.js';

const devices = ['reference', 'cpu'];

beforeEach(() => {
  a.manualSeed(1);
});

describe.each(devices)('a model that is exported and imported on %s', (device) => {
  beforeEach(() => a.setDevice(device));

  const rows = Object.entries({ ...layers, ...models }).filter(([, { inputs }]) => inputs);
  it.each(rows)('computes the same: %s', async (_, { make, inputs }) => {
    const model = make();
    const xs = inputs?.() ?? [];
    const back = await reimported(model, xs);
    expectSame(back, model, xs);
  });

  it('computes the same if it is a random sequence of layers', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (made: Choice) => {
        const { model, shape } = sequentialOf(made);
        const back = await reimported(model, shape, { dynamicBatch: made.dynamic });
        const batch = made.dynamic ? shape[0] + 3 : shape[0];
        expectSame(back, model, [a.randn([batch, ...shape.slice(1)])]);
        back.dispose();
        model.dispose();
      }),
      { numRuns: 100 },
    );
  });
});

describe('a recurrent model', () => {
  beforeEach(() => a.setDevice('cpu'));

  it.each([
    ['batches', 1],
    ['steps', 0],
  ] as const)('is exported for any number of %s', async (_, axis) => {
    const model = a.nn.models.lstmLanguageModel({ vocabSize: 7, embeddingSize: 4, tieWeights: true });
    const back = await reimported(model, a.zeros([5, 3], { dtype: 'int32' }), { dynamicBatch: axis });
    for (const n of [1, 4]) expectSame(back, model, [a.randint(0, 7, axis === 1 ? [5, n] : [n, 3])]);
  });

  it.each([
    ['LSTM', new a.nn.LSTM(3, 2, { bidirectional: true, numLayers: 2 }), 2],
    ['GRU without biases', new a.nn.GRU(3, 2, { bias: false, batchFirst: true }), 1],
    ['RNN with relu', new a.nn.RNN(3, 2, { nonlinearity: 'relu' }), 1],
  ] as const)('takes initial states: %s', async (_, model, count) => {
    const lead = model.numLayers * (model.bidirectional ? 2 : 1);
    const states = Array.from({ length: count }, () => a.randn([lead, 4, 2]));
    const x = a.randn(model.batchFirst ? [4, 5, 3] : [5, 4, 3]);
    const given = new Computing((...inputs) =>
      model instanceof a.nn.LSTM
        ? model.forward(inputs[0], [inputs[1], inputs[2]])
        : model.forward(inputs[0], inputs[1]),
    );
    Object.assign(given, { rnn: model });
    const back = await reimported(given, [x, ...states]);
    expectSame(back, given, [x, ...states]);
    expect(Object.keys(operatorCounts(await exported(given, [x, ...states])))).toContain(model.constructor.name);
  });
});

it('a recurrent layer of a subclass that computes it differently is exported as what it computes', async () => {
  await a.setDevice('cpu');
  class Doubled extends a.nn.RNN {
    protected override layer(x: Tensor, given: readonly Tensor[], weights: a.nn.RecurrentWeights) {
      const [y, states] = super.layer(x, given, weights);
      return [y.mul(2), states] as const;
    }
  }
  const model = new Doubled(3, 2, { bidirectional: true });
  expectSame(await reimported(model, [4, 2, 3]), model, [a.randn([4, 2, 3])]);
  expect(operatorCounts(await exported(model, [4, 2, 3]))).not.toHaveProperty('RNN');
});

/** Functions of float32 tensors (3, 4, 5) and (4, 1), and of an index (2, 4, 5) in [0, 3). */
const operations: Readonly<Record<string, (x: Tensor, y: Tensor, index: Tensor) => unknown>> = {
  arithmetic: (x, y) => [x.add(y), x.sub(2), a.sub(2, x), x.mul(y), a.div(x, y.abs().add(0.1)), a.div(2, y.exp())],
  powers: (x, y) => [x.pow(2), x.abs().pow(1.5), x.abs().pow(y), a.pow(2, x), x.abs().sqrt()],
  extremes: (x, y) => [x.maximum(y), x.minimum(0.1), x.clamp(-0.5, 0.5), x.clamp(null, 0.2), x.clamp(0.1)],
  functions: (x) => [x.sin(), x.cos(), x.exp(), x.abs().add(1).log(), x.tanh(), x.neg().abs()],
  comparisons: (x, y) => [x.gt(y), x.ge(0), x.lt(y), x.le(0), x.eq(x), x.ne(y), a.where(x.gt(y), x, 0.5)],
  integers: (x, _, i) => [
    i.add(1),
    i.mul(i),
    i.sub(5).abs(),
    i.maximum(1),
    x.cast('int32'),
    i.cast('float32'),
    i.sum(),
  ],
  bytes: (x) => [x.mul(100).cast('uint8'), x.gt(0).cast('uint8').add(x.gt(0.5)), x.cast('bool'), x.gt(0).sum(1)],
  reductions: (x) => [
    x.sum(),
    x.sum([0, 2]),
    x.mean(1, { keepDim: true }),
    x.max(2),
    x.min(),
    x.prod(1),
    x.variance(0),
  ],
  logarithms: (x) => [x.logsumexp(1), x.softmax(0), x.logSoftmax(1)],
  positions: (x) => [x.argmax(2), x.argmin(0, { keepDim: true }), x.argmax(), x.cumsum(1)],
  shapes: (x) => [
    x.reshape([-1, 2]),
    x.flatten(1),
    x.unsqueeze(1).squeeze(1),
    x.expand([2, 3, 4, 5]),
    x.transpose(0, 2),
  ],
  slices: (x) => [x.slice([[1, 3], null, [null, null, -2]]), x.slice([[-1, null]]), x.flip(1), x.split([1, 2])],
  joins: (x, y) => [
    a.cat([x, x.mul(2)], 1),
    a.stack([x, x.neg()], 2),
    a.cat([y, y.neg()], -1),
    x.pad([1, 2, 0, 1], 0.5),
  ],
  selections: (x, _, i) => [
    a.gather(x, 0, i),
    a.indexSelect(x, 1, i.flatten()),
    a.oneHot(i, 3),
    a.embedding(i, x.flatten(1)),
  ],
  scattering: (x, _, i) => [
    a.scatterAdd(x, 0, i, a.ones(i.shape)),
    a.indexAdd(
      x,
      1,
      i
        .slice([
          [0, 1],
          [0, 1],
        ])
        .flatten(),
      x.slice([null, [0, 1]]).expand([3, 5, 5]),
    ),
  ],
  products: (x, y) => [
    x.matmul(x.transpose()),
    y.transpose().matmul(x),
    a.einsum('bij,bkj->bik', x, x),
    a.einsum(
      'iij->ij',
      x.slice([
        [0, 3],
        [0, 3],
      ]),
    ),
  ],
  constants: (x) => [
    x.add(a.tensor([1, 2, 3, 4, 5])),
    x.mul(a.ones([4, 1])),
    a.zeros([2]),
    x.add(a.arange(5).cast('float32')),
  ],
};

describe.each(devices)('an operation that is exported and imported on %s', (device) => {
  beforeEach(() => a.setDevice(device));

  it.each(Object.entries(operations))('computes the same: %s', async (_, f) => {
    const model = new Computing(f as (...inputs: Tensor[]) => unknown);
    Object.assign(model, { scale: new a.Parameter(a.tensor([0.7])) });
    const scaled = new Computing((x, ...rest) =>
      model.f(x.mul((model as unknown as { scale: Tensor }).scale), ...rest),
    );
    Object.assign(scaled, { model });
    const inputs = () => [a.randn([3, 4, 5]), a.randn([4, 1]), a.randint(0, 3, [2, 4, 5])];
    const back = await reimported(scaled, inputs());
    expectSame(back, scaled, inputs());
  });

  it('is in the file even if it does not depend on the inputs', async () => {
    const back = await reimported(new Computing((x) => [x, a.ones([2]).add(1)]), [1]);
    expect(outputsOf(back, [a.tensor([3])]).map((t) => [...t.dataSync()])).toEqual([[3], [2, 2]]);
  });
});
