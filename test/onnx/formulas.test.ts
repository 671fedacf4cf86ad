import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { unaryFunctions } from '../../src/formula/nodes.js';
import * as a from '../../src/index.js';
import { broadcastsTo, fill, product, seeds, shapes } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { Computing, exported, operatorCounts, outputsOf, reimported } from './trips.js';

beforeEach(() => a.setDevice('reference'));

/** Names of the functions of one number in formulas. */
const named = unaryFunctions.filter((name) => name !== 'neg');

/** Functions with jumps, of values without rounding errors only. */
const jumping = ['floor', 'ceil', 'round'];

const leaf = fc.constantFrom('x', 'y', 's', '0.5', '3');
const test = fc.tuple(leaf, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), leaf).map((parts) => parts.join(' '));
const smooth = named.filter((name) => !jumping.includes(name));

/** Expressions in tensors x and y and a scalar s. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(fc.constantFrom(...smooth), tie('expression')).map(([f, e]) => `${f}(${e})`),
    fc.tuple(fc.constantFrom(...jumping), leaf).map(([f, e]) => `${f}(${e})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/'), tie('expression'))
      .map(([p, op, q]) => `(${p} ${op} ${q})`),
    fc
      .tuple(fc.constantFrom('min', 'max', 'pow'), tie('expression'), tie('expression'))
      .map(([f, p, q]) => `${f}(${p}, ${q})`),
    fc
      .tuple(test, test, tie('expression'), tie('expression'))
      .map(([p, q, e, f]) => `(${p} && !(${q}) ? ${e} : -${f})`),
    fc.tuple(test, test).map(([p, q]) => `(${p} || ${q})`),
  ),
}));

describe('a formula', () => {
  it('computes the same after an export', async () => {
    const cases = shapes({ maxAxes: 3, maxSize: 30 }).chain((full) => fc.tuple(broadcastsTo(full), broadcastsTo(full)));
    await fc.assert(
      fc.asyncProperty(expression, cases, seeds, async (text, [p, q], seed) => {
        const f = a.formula(`z = ${text} + 0 * (x + y + s)`, { tensors: ['x', 'y', 'z'], scalars: ['s'] });
        const model = new Computing((x, y) => a.elementwise(f, { x, y }, { scalars: { s: -1.5 } }));
        const inputs = [p, q].map((shape, i) => a.tensor(fill('lattice', product(shape), seed + i), { shape }));
        const back = await reimported(model, inputs);
        const [wanted, got] = [model, back].map((each) => outputsOf(each, inputs)[0]);
        expect(got.shape).toEqual(wanted.shape);
        close(got.dataSync(), wanted.dataSync(), 1e-5, 1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it('computes the same after an export if it computes in integers', async () => {
    const texts = ['x + y * 2', 'x - min(y, 3)', 'max(x, -y)', 'abs(x - y)', 'x > y ? x : 7', '(x == y) + (x != 2)'];
    const dtypes = ['int32', 'uint8', 'bool'] as const;
    for (const text of texts) {
      for (const dtype of dtypes) {
        for (const other of dtypes) {
          const f = a.formula(`z = ${text}`, { tensors: ['x', 'y', 'z'] });
          const model = new Computing((x, y) =>
            ['int32', 'float32', 'uint8', 'bool'].map((to) => a.elementwise(f, { x, y }, { dtype: to as a.Dtype })),
          );
          const inputs = [a.tensor([0, 1, 2, 3, 200], { dtype }), a.tensor([1, 0, 2, 5, 1], { dtype: other })];
          const back = await reimported(model, inputs);
          expect(outputsOf(back, inputs), `${text} of ${dtype} and ${other}`).toEqual(outputsOf(model, inputs));
        }
      }
    }
  });

  it.each(['sum', 'prod', 'max', 'min'])('computes the same after an export if it reduces: %s', async (reducer) => {
    const x = a.randn([3, 1, 4]);
    const f = a.formula(`z = sum(x * y)`, { tensors: ['x', 'y', 'z'] });
    const reduce = { sum: a.sum, prod: a.prod, max: a.max, min: a.min }[reducer] as typeof a.sum;
    const model = new Computing((t) => [
      reduce(t),
      reduce(t, [0, 1]),
      reduce(t, 1),
      a.reduce(f, { x: t, y: 2 }, { axes: 2 }),
    ]);
    const back = await reimported(model, [x]);
    expect(outputsOf(back, [x])).toEqual(outputsOf(model, [x]));
  });
});

describe('activations', () => {
  it.each([
    ['Relu', (x: a.Tensor) => x.relu()],
    ['LeakyRelu', (x: a.Tensor) => x.leakyRelu(0.2)],
    ['Elu', (x: a.Tensor) => x.elu(0.3)],
    ['Softplus', (x: a.Tensor) => x.softplus()],
    ['Sigmoid', (x: a.Tensor) => x.sigmoid()],
    ['Tanh', (x: a.Tensor) => x.tanh()],
    ['Softmax', (x: a.Tensor) => x.softmax()],
    ['LogSoftmax', (x: a.Tensor) => x.logSoftmax(0)],
    ['Clip', (x: a.Tensor) => x.clamp(-1, null)],
    ['Abs', (x: a.Tensor) => x.abs()],
    ['Max', (x: a.Tensor) => x.maximum(0.5)],
  ] as const)('are single operators: %s', async (op, f) => {
    expect(operatorCounts(await exported(new Computing(f), [2, 3]))).toEqual({ [op]: 1 });
  });

  it('are written with several operators where one would compute something else', async () => {
    const counts = async (f: (x: a.Tensor) => a.Tensor) => operatorCounts(await exported(new Computing(f), [2, 3]));
    expect(await counts((x) => x.softplus({ threshold: 2 }))).not.toHaveProperty('Softplus');
    expect(await counts((x) => x.softplus({ beta: 2 }))).toEqual({ Softplus: 1, Mul: 1, Div: 1 });
    expect(await counts((x) => x.maximum(0))).toEqual({ Relu: 1 });
  });
});
