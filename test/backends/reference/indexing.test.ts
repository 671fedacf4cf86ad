import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { ValueError } from '../../../src/errors.js';
import { fill, product, seeds, shapes } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn, valuesOn } from '../../helpers/operands.js';

const backend = new ReferenceBackend();
const int = (shape: number[], values: number[]) => operandOn(backend, shape, values, 'int32');
const float = (shape: number[], values: number[] = []) => operandOn(backend, shape, values);

describe('argReduce on reference', () => {
  const of = (kind: 'max' | 'min', axis: number, shape: number[], values: number[]) => {
    const out = int(
      shape.filter((_, a) => a !== axis),
      [],
    );
    backend.argReduce(kind, float(shape, values), out, axis);
    return valuesOn(backend, out);
  };

  it('finds the first of equal extremes', () => {
    const values = [3, 1, 3, 0, 5, 1]; // [[3, 1, 3], [0, 5, 1]]
    expect(of('max', 1, [2, 3], values)).toEqual([0, 1]);
    expect(of('max', 0, [2, 3], values)).toEqual([0, 1, 0]);
    expect(of('min', 0, [2, 3], values)).toEqual([1, 0, 1]);
    expect(of('min', 1, [2, 3], [1, 0, 0, 2, 2, 2])).toEqual([1, 0]);
  });

  it('prefers NaN to infinity, and the first of several', () => {
    const values = [Infinity, Number.NaN, Number.NaN, -Infinity];
    expect(of('max', 0, [4], values)).toEqual([1]);
    expect(of('min', 0, [4], values)).toEqual([1]);
    expect(of('max', 0, [2], [-Infinity, -Infinity])).toEqual([0]);
  });
});

describe('cumsum on reference', () => {
  it('adds up along an axis, in either direction', () => {
    const of = (axis: number, reverse: boolean) => {
      const out = float([2, 3]);
      backend.cumsum(float([2, 3], [1, 2, 3, 4, 5, 6]), out, axis, reverse);
      return valuesOn(backend, out);
    };
    expect(of(1, false)).toEqual([1, 3, 6, 4, 9, 15]);
    expect(of(1, true)).toEqual([6, 5, 3, 15, 11, 6]);
    expect(of(0, false)).toEqual([1, 2, 3, 5, 7, 9]);
    expect(of(0, true)).toEqual([5, 7, 9, 4, 5, 6]);
  });

  it('wraps integers', () => {
    const out = int([3], []);
    backend.cumsum(int([3], [2147483647, 1, 1]), out, 0, false);
    expect(valuesOn(backend, out)).toEqual([2147483647, -2147483648, -2147483647]);
  });
});

describe('copy on reference', () => {
  it('flips, repeats, and writes into a part', () => {
    const x = float([2, 3], [1, 2, 3, 4, 5, 6]);
    const out = float([3, 4], new Array(12).fill(-1));
    backend.copy(x, out, { shape: [2, 3], fromOffset: 5, fromStrides: [-3, -1], toOffset: 4, toStrides: [4, 1] });
    expect(valuesOn(backend, out)).toEqual([-1, -1, -1, -1, 6, 5, 4, -1, 3, 2, 1, -1]);
    backend.copy(x, out, { shape: [3, 4], fromOffset: 1, fromStrides: [0, 1], toOffset: 0, toStrides: [4, 1] });
    expect(valuesOn(backend, out)).toEqual([2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5]);
  });
});

describe('indices on reference', () => {
  // the examples of torch.gather, scatter_add, index_select and index_add
  it('gather, select and add', () => {
    const x = float([2, 2], [1, 2, 3, 4]);
    const gathered = float([2, 2]);
    backend.gather(x, int([2, 2], [0, 0, 1, 0]), gathered, 1);
    expect(valuesOn(backend, gathered)).toEqual([1, 1, 4, 3]);

    const scattered = float([3, 2], [0, 0, 0, 0, 0, 1]);
    backend.scatterAdd(scattered, int([3, 2], [0, 2, 0, 2, 1, 0]), float([3, 2], [1, 2, 3, 4, 5, 6]), 0);
    expect(valuesOn(backend, scattered)).toEqual([4, 6, 5, 0, 0, 7]);

    const selected = float([3, 2]);
    backend.indexSelect(x, int([3], [1, 1, 0]), selected, 0);
    expect(valuesOn(backend, selected)).toEqual([3, 4, 3, 4, 1, 2]);

    const added = float([2, 2], [10, 20, 30, 40]);
    backend.indexAdd(added, int([3], [0, 1, 0]), float([2, 3], [1, 2, 3, 4, 5, 6]), 1);
    expect(valuesOn(backend, added)).toEqual([14, 22, 40, 45]);
  });

  it('may be fewer than the elements of the tensor on other axes', () => {
    const out = float([1, 2]);
    backend.gather(float([2, 3], [1, 2, 3, 4, 5, 6]), int([1, 2], [2, 0]), out, 1);
    expect(valuesOn(backend, out)).toEqual([3, 1]);
  });

  it('select every element once if they are the identity', () => {
    const arbitrary = fc.tuple(shapes({ minAxes: 1, maxAxes: 4, maxSize: 100 }), fc.nat({ max: 3 }), seeds);
    fc.assert(
      fc.property(arbitrary, ([shape, wanted, seed]) => {
        const axis = wanted % shape.length;
        const inner = product(shape.slice(axis + 1));
        const values = fill('unit', product(shape), seed);
        const along = Array.from(values, (_, i) => Math.floor(i / inner) % shape[axis]);
        const [x, gathered, added] = [
          float(shape, [...values]),
          float(shape),
          float(shape, new Array(values.length).fill(0)),
        ];
        backend.gather(x, int(shape, along), gathered, axis);
        backend.scatterAdd(added, int(shape, along), x, axis);
        close(valuesOn(backend, gathered), values, 0, 0);
        close(valuesOn(backend, added), values, 0, 0);
      }),
    );
  });

  it('outside the axis are errors that name them', () => {
    const x = float([2, 2], [1, 2, 3, 4]);
    const out = float([1, 2]);
    const bad = (call: () => void, message: string) => {
      expect(call).toThrow(ValueError);
      expect(call).toThrow(message);
    };
    bad(() => backend.gather(x, int([1, 2], [0, 2]), out, 0), 'gather: expected indices in [0, 2), got 2');
    bad(() => backend.scatterAdd(x, int([1, 2], [0, -1]), out, 0), 'scatterAdd: expected indices in [0, 2), got -1');
    bad(() => backend.indexSelect(x, int([1], [5]), out, 0), 'indexSelect: expected indices in [0, 2), got 5');
    bad(() => backend.indexAdd(x, int([1], [-3]), out, 0), 'indexAdd: expected indices in [0, 2), got -3');
  });
});
