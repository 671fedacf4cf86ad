import { describe, expect, it } from 'vitest';
import { DeviceError, ShapeError } from '../../src/errors.js';
import { formula } from '../../src/formula/formula.js';
import { backendOf } from '../../src/tensor/device.js';
import { Generator } from '../../src/tensor/random.js';
import { alias, commonBackend, empty, map, mapInto, random, reduce } from '../../src/tensor/run.js';
import { distant } from '../helpers/distant.js';
import { tensorOf } from '../helpers/tensors.js';

describe('a tensor', () => {
  it('reports its shape, dtype and device', () => {
    const t = tensorOf([2, 3], [1, 2, 3, 4, 5, 6], 'int32');
    expect([t.shape, t.ndim, t.size, t.dtype, t.device]).toEqual([[2, 3], 2, 6, 'int32', 'reference']);
  });

  it('is read as flat values, nested arrays or one number', async () => {
    const t = tensorOf([2, 1, 3], [1, 2, 3, 4, 5, 6]);
    expect(Array.from(await t.data())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await t.toArray()).toEqual([[[1, 2, 3]], [[4, 5, 6]]]);
    expect(await tensorOf([], [5]).toArray()).toBe(5);
    expect(await tensorOf([2, 0], []).toArray()).toEqual([[], []]);
    expect(await tensorOf([0, 2], []).toArray()).toEqual([]);
    expect([await tensorOf([1, 1], [5]).item(), tensorOf([], [6]).itemSync()]).toEqual([5, 6]);
    expect(() => t.itemSync()).toThrow(ShapeError);
    await expect(t.item()).rejects.toThrow('item: expected one element, got shape (2, 1, 3)');
  });

  it('returns its lengths as a tuple of a checked rank', () => {
    const [rows, columns] = tensorOf([2, 3], []).dims(2);
    // the lengths are numbers, never undefined
    const sum: number = rows + columns;
    expect([sum, tensorOf([], []).dims(0)]).toEqual([5, []]);
    expect(() => tensorOf([2, 3], []).dims(3)).toThrow(ShapeError);
    expect(() => tensorOf([], []).dims(1)).toThrow('dims: expected 1 axes, got shape ()');
    const rank: number = 2;
    expect(
      tensorOf([2, 3], [])
        .dims(rank)
        .map((n) => n),
    ).toEqual([2, 3]);
  });

  it('has no own properties except its shape, dtype, size and values', () => {
    expect(Object.keys(tensorOf([1], [1])).sort()).toEqual(['dtype', 'shape', 'size', 'values']);
  });

  it('is copied to the host', () => {
    const t = tensorOf([2], [1, 2]);
    t.dataSync()[0] = 9;
    expect(Array.from(t.dataSync())).toEqual([1, 2]);
  });

  it('cannot be read synchronously if its device does not support that', async () => {
    const t = empty('empty', [1], 'float32', distant);
    expect(() => t.dataSync()).toThrow(DeviceError);
    expect(() => t.itemSync()).toThrow(
      'dataSync: expected a device with synchronous reads, got distant; use await t.data()',
    );
    expect(await t.item()).toBe(0);
  });
});

describe('run', () => {
  const f = formula('y = a * s + b', { tensors: ['y', 'a', 'b'], scalars: ['s'] });

  it('maps into a new tensor of the broadcast shape', () => {
    const y = map('axpy', f, { a: tensorOf([2, 1], [1, 2]), b: tensorOf([3], [10, 20, 30]) }, { s: 2 });
    expect([y.shape, y.dtype, y.madeBy, Array.from(y.dataSync())]).toEqual([
      [2, 3],
      'float32',
      'axpy',
      [12, 22, 32, 14, 24, 34],
    ]);
    const mask = formula('y = a > 1', { tensors: ['y', 'a'] });
    expect(Array.from(map('gt', mask, { a: tensorOf([2], [1, 2]) }, {}, 'bool').dataSync())).toEqual([0, 1]);
    expect(() => map('axpy', f, { a: tensorOf([2], []), b: tensorOf([3], []) }, { s: 2 })).toThrow(
      'axpy: expected shapes',
    );
  });

  it('maps into existing tensors', () => {
    const p = tensorOf([2], [1, 2]);
    mapInto(
      'step',
      formula('p = p - lr * g', { tensors: ['p', 'g'], scalars: ['lr'] }),
      { p, g: tensorOf([2], [10, 20]) },
      { lr: 0.5 },
    );
    expect(Array.from(p.dataSync())).toEqual([-4, -8]);
  });

  it('reduces into one new tensor per result, with or without the reduced axes', () => {
    const moments = formula('s = sum(a * b)\n m = max(a)', { tensors: ['s', 'm', 'a', 'b'] });
    const inputs = { a: tensorOf([2, 3], [1, 2, 3, 4, 5, 6]), b: tensorOf([3], [1, 0, 1]) };
    const [s, m] = reduce('moments', moments, inputs, { axes: [1] });
    expect([s.shape, Array.from(s.dataSync()), Array.from(m.dataSync())]).toEqual([[2], [4, 10], [3, 6]]);
    const [kept] = reduce('moments', moments, inputs, { axes: [0, 1], keepDim: true });
    expect([kept.shape, kept.itemSync()]).toEqual([[1, 1], 14]);
    const counted = formula('n = sum(a > 2)', { tensors: ['n', 'a'] });
    const [n] = reduce('count', counted, { a: inputs.a }, { axes: [0, 1], dtype: 'int32' });
    expect([n.shape, n.dtype, n.itemSync()]).toEqual([[], 'int32', 4]);
  });

  it('draws random tensors that a generator determines', () => {
    const draw = () => {
      const generator = new Generator(3);
      const options = { generator, backend: backendOf('reference') };
      return [
        random('rand', [5], { kind: 'uniform', low: 0, high: 1 }, options),
        random('randint', [2, 2], { kind: 'integer', low: 0, high: 9 }, options),
      ];
    };
    const [first, second] = [draw(), draw()];
    expect(first.map((t) => [t.dtype, t.shape])).toEqual([
      ['float32', [5]],
      ['int32', [2, 2]],
    ]);
    expect(first.map((t) => Array.from(t.dataSync()))).toEqual(second.map((t) => Array.from(t.dataSync())));
  });

  it('reshapes without a copy', () => {
    const x = tensorOf([2, 2], [1, 2, 3, 4]);
    const y = alias('reshape', x, [4]);
    expect([y.shape, y.madeBy, y.storage === x.storage]).toEqual([[4], 'reshape', true]);
  });

  it('rejects tensors on different devices', () => {
    const far = empty('empty', [1], 'float32', distant);
    expect(() => commonBackend('add', [tensorOf([1], [1]), far])).toThrow(
      'add: expected all tensors on reference, got one on distant',
    );
  });
});
