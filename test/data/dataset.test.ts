import { describe, expect, it } from 'vitest';
import { Subset, TensorDataset } from '../../src/data/dataset.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { Generator } from '../../src/tensor/random.js';
import { tensorOf } from '../helpers/tensors.js';

const x = tensorOf([4, 2], [0, 1, 10, 11, 20, 21, 30, 31]);
const y = tensorOf([4], [0, 1, 2, 3], 'int32');
const pick = (...indices: number[]) => Int32Array.from(indices);

describe('TensorDataset', () => {
  it('takes the same rows of each tensor, as a tuple', () => {
    const dataset = new TensorDataset(x, y);
    expect(dataset.length).toBe(4);
    const [rows, labels] = dataset.batch(pick(2, 0, 2));
    expect(rows.shape).toEqual([3, 2]);
    expect(Array.from(rows.dataSync())).toEqual([20, 21, 0, 1, 20, 21]);
    expect(labels.dtype).toBe('int32');
    expect(Array.from(labels.dataSync())).toEqual([2, 0, 2]);
  });

  it('returns named tensors under the same names', () => {
    const { features, labels } = new TensorDataset({ features: x, labels: y }).batch(pick(3));
    expect(Array.from(features.dataSync())).toEqual([30, 31]);
    expect(Array.from(labels.dataSync())).toEqual([3]);
  });

  it('makes no tensors except the batch', () => {
    const before = memory('reference').tensors;
    const batch = new TensorDataset(x, y).batch(pick(1));
    expect(memory('reference').tensors).toBe(before + batch.length);
  });

  it('rejects tensors of different lengths, scalars and an empty list', () => {
    expect(() => new TensorDataset(x, tensorOf([3], [1, 2, 3]))).toThrow(ShapeError);
    expect(() => new TensorDataset(x, tensorOf([3], [1, 2, 3]))).toThrow(/along axis 0, got \(4, 2\) and \(3\)/);
    expect(() => new TensorDataset(tensorOf([], [1]))).toThrow(ShapeError);
    expect(() => new TensorDataset()).toThrow(ValueError);
    expect(() => new TensorDataset({})).toThrow(/expected at least one tensor/);
  });
});

describe('Subset', () => {
  it('contains the items at the given indices, in that order', async () => {
    const subset = new Subset(new TensorDataset(x, y), [3, 1, 3]);
    expect(subset.length).toBe(3);
    const [, labels] = await subset.batch(pick(0, 1, 2), new Generator(0));
    expect(Array.from(labels.dataSync())).toEqual([3, 1, 3]);
    expect(subset.random).toBe(false);
  });

  it.each([-1, 4, 0.5, Number.NaN])('rejects the index %s', (index) => {
    expect(() => new Subset(new TensorDataset(y), [0, index])).toThrow(`expected indices from 0 to 3, got ${index}`);
  });
});
