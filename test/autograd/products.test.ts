import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { axisLength, broadcastsTo } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, input } from './checks.js';

const length = axisLength(4);
const lengths = fc.record({ m: length, k: length, n: length });

/** Shapes of two operands of matmul, of any number of axes, whose leading axes broadcast. */
const matmulShapes = fc
  .tuple(lengths, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }))
  .chain(([{ m, k, n }, lead]) =>
    fc.tuple(
      fc.oneof(
        fc.constant([k]),
        broadcastsTo(lead).map((some) => [...some, m, k]),
      ),
      fc.oneof(
        fc.constant([k]),
        broadcastsTo(lead).map((some) => [...some, k, n]),
      ),
    ),
  );

/** The letters of an equation, some of which occur in one operand in any order. */
const letters = ['i', 'j', 'k', 'l'];
const sizes: Readonly<Record<string, number>> = { i: 2, j: 3, k: 2, l: 1 };
const term = fc.shuffledSubarray(letters, { maxLength: 3 });
const equations = fc.array(term, { minLength: 1, maxLength: 3 }).chain((terms) => {
  const known = [...new Set(terms.flat())];
  return fc.record({ terms: fc.constant(terms), output: fc.shuffledSubarray(known) });
});

/** Sums over all values of all letters: the definition of Einstein notation. */
function naiveEinsum(terms: readonly string[][], output: readonly string[], operands: readonly a.Tensor[]): number[] {
  const used = [...new Set(terms.flat())];
  const values = operands.map((t) => t.dataSync());
  const flat = (names: readonly string[], at: Record<string, number>) =>
    names.reduce((place, name) => place * sizes[name] + at[name], 0);
  const total = new Array<number>(output.reduce((n, name) => n * sizes[name], 1)).fill(0);
  const visit = (rest: readonly string[], at: Record<string, number>): void => {
    if (rest.length === 0) {
      total[flat(output, at)] += terms.reduce((p, names, i) => p * values[i][flat(names, at)], 1);
      return;
    }
    for (let i = 0; i < sizes[rest[0]]; i++) visit(rest.slice(1), { ...at, [rest[0]]: i });
  };
  visit(used, {});
  return total;
}

describe('matmul', () => {
  differentiates(
    'matmul of any operands',
    matmulShapes.map((shapes): Checked => ({ shapes, f: a.matmul })),
    { numRuns: 40 },
  );

  it('returns the same shapes as PyTorch', () => {
    const shape = (x: number[], y: number[]) => a.matmul(a.zeros(x), a.zeros(y)).shape;
    expect(shape([3], [3])).toEqual([]);
    expect(shape([2, 3], [3])).toEqual([2]);
    expect(shape([3], [3, 4])).toEqual([4]);
    expect(shape([5, 2, 3], [3])).toEqual([5, 2]);
    expect(shape([3], [5, 3, 4])).toEqual([5, 4]);
    expect(shape([5, 1, 2, 3], [6, 3, 4])).toEqual([5, 6, 2, 4]);
    expect(shape([5, 2, 3], [3, 4])).toEqual([5, 2, 4]);
    expect(shape([2, 0], [0, 3])).toEqual([2, 3]);
  });

  it('multiplies each pair of matrices separately', () => {
    const [x, y] = [input([2, 1, 3, 4], 1), input([5, 4, 2], 2)];
    const z = a.matmul(x, y);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 5; j++) {
        const one = a.matmul(x.slice([[i, i + 1]]).reshape(3, 4), y.slice([[j, j + 1]]).reshape(4, 2));
        close(
          z
            .slice([
              [i, i + 1],
              [j, j + 1],
            ])
            .dataSync(),
          one.dataSync(),
          1e-12,
          1e-12,
        );
      }
    }
  });

  it('says which shapes and dtypes fit', () => {
    const f = (x: number[], y: number[]) => () => a.matmul(a.zeros(x), a.zeros(y));
    expect(f([2, 3], [2, 3])).toThrow('matmul: expected (..., M, K) and (..., K, N), got (2, 3) and (2, 3)');
    expect(f([2], [3])).toThrow('matmul: expected (..., M, K) and (..., K, N), got (2) and (3)');
    expect(f([], [3])).toThrow('got () and (3)');
    expect(f([2, 2, 3], [3, 3, 1])).toThrow('matmul: expected shapes that broadcast, got (2) and (3)');
    expect(() => a.matmul(a.zeros([2, 2]), a.zeros([2, 2], { dtype: 'int32' }))).toThrow(
      'matmul: expected float32, got int32',
    );
  });
});

describe('linear', () => {
  const cases = fc.tuple(lengths, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), fc.boolean());
  differentiates(
    'linear with and without bias',
    cases.map(([{ k, n }, lead, bias]): Checked => {
      const both = [
        [...lead, k],
        [n, k],
      ];
      return { shapes: bias ? [...both, [n]] : both, f: (x, w, b) => a.linear(x, w, b) };
    }),
  );

  it('is x times the transposed weight plus the bias', () => {
    const [x, w, b] = [input([2, 3, 4], 1), input([5, 4], 2), input([5], 3)];
    close(a.linear(x, w, b).dataSync(), a.add(a.matmul(x, w.T), b).dataSync(), 1e-12, 1e-12);
    expect(a.linear(a.zeros([4]), w, b).shape).toEqual([5]);
    expect(a.linear(a.zeros([0, 4]), w, b).shape).toEqual([0, 5]);
  });

  it('says which shapes fit', () => {
    const [w, b] = [a.zeros([5, 4]), a.zeros([4])];
    expect(() => a.linear(a.zeros([2, 3]), w)).toThrow('linear: expected weight (out, in) with in = 3, got (5, 4)');
    expect(() => a.linear(a.zeros([2, 4]), w, b)).toThrow('linear: expected bias (5), got (4)');
    expect(() => a.linear(a.zeros([]), w)).toThrow('linear: expected input (..., in), got ()');
    expect(() => a.linear(a.zeros([4], { dtype: 'uint8' }), w)).toThrow('linear: expected float32, got uint8');
  });
});

describe('einsum', () => {
  it('sums products over the letters that are not in the output', () => {
    fc.assert(
      fc.property(equations, ({ terms, output }) => {
        const operands = terms.map((names, i) =>
          input(
            names.map((name) => sizes[name]),
            i,
          ),
        );
        const equation = `${terms.map((names) => names.join('')).join(', ')} -> ${output.join('')}`;
        const y = a.einsum(equation, ...operands);
        expect(y.shape).toEqual(output.map((name) => sizes[name]));
        close(y.dataSync(), naiveEinsum(terms, output, operands), 1e-12, 1e-12);
      }),
      { numRuns: 300 },
    );
  });

  differentiates(
    'einsum',
    equations.map(
      ({ terms, output }): Checked => ({
        shapes: terms.map((names) => names.map((name) => sizes[name])),
        f: (...xs) => a.einsum(`${terms.map((names) => names.join('')).join(',')}->${output.join('')}`, ...xs),
      }),
    ),
  );

  it('accepts diagonals, leading axes and equations without an output', () => {
    const x = a.tensor([
      [1, 2],
      [3, 4],
    ]);
    const values = (equation: string, ...xs: a.Tensor[]) => Array.from(a.einsum(equation, ...xs).dataSync());
    expect(values('ii', x)).toEqual([5]);
    expect(values('ii->i', x)).toEqual([1, 4]);
    expect(values('ba', x)).toEqual([1, 3, 2, 4]);
    expect(values('ij,jk', x, x)).toEqual([7, 10, 15, 22]);
    expect(a.einsum('...ij,...jk->...ik', a.zeros([5, 1, 2, 3]), a.zeros([4, 3, 6])).shape).toEqual([5, 4, 2, 6]);
    expect(a.einsum('...j,kj', a.zeros([2, 3, 4]), a.zeros([5, 4])).shape).toEqual([2, 3, 5]);
    autogradAgrees();
  });

  function autogradAgrees(): void {
    expect(a.autograd.gradcheck((x) => a.einsum('iij->ji', x), [input([3, 3, 2], 1)])).toBe(true);
    expect(
      a.autograd.gradcheck((x, y) => a.einsum('...i,i...->...', x, y), [input([2, 1, 3], 1), input([3, 2], 2)]),
    ).toBe(true);
  }

  it('names what is wrong with an equation', () => {
    const x = a.zeros([2, 3]);
    expect(() => a.einsum('ij,jk', x)).toThrow("einsum: expected an equation with 1 operands, got 'ij,jk'");
    expect(() => a.einsum('i->i', x)).toThrow("einsum: expected 1 axes for 'i', got (2, 3)");
    expect(() => a.einsum('ij->k', x)).toThrow("einsum: expected 'k' of the output among the inputs, got 'ij->k'");
    expect(() => a.einsum('ij->ii', x)).toThrow("einsum: expected an output without repeated letters, got 'ij->ii'");
    expect(() => a.einsum('i1->i', x)).toThrow("einsum: expected letters and ... in the term 'i1', got 'i1->i'");
    expect(() => a.einsum('ij->i->j', x)).toThrow("einsum: expected an equation with at most one ->, got 'ij->i->j'");
    expect(() => a.einsum('ij,ij->', x, a.zeros([2, 4]))).toThrow("einsum: expected length 3 of axis 'j', got (2, 4)");
    expect(() => a.einsum('ii', x)).toThrow('einsum: expected');
  });
});
