import fc from 'fast-check';
import { formula } from '../../../src/formula/formula.js';
import type { Backend, Operand } from '../../../src/tensor/backend.js';
import { axisLength, product, seeds } from '../../helpers/arbitraries.js';
import { type Calls, call, given } from './call.js';

/** A part of an operand that begins at element `offset`. */
function part(
  backend: Backend,
  whole: Operand,
  offset: number,
  shape: readonly number[],
  strides?: readonly number[],
): Operand {
  return { shape, dtype: whole.dtype, size: product(shape), handle: backend.part(whole, offset), strides };
}

const gate = formula('a = a * b + c\n y = a - z', { tensors: ['a', 'b', 'c', 'y', 'z'] });

/** Blocks of matrix columns, some updated in place, with contiguous parts and a repeated row. */
const columns: Calls = (size) => {
  const length = axisLength(Math.ceil(Math.sqrt(size) / 2));
  return fc
    .record({ rows: length, width: length, blocks: fc.integer({ min: 1, max: 4 }), chosen: fc.nat(), seed: seeds })
    .map(({ rows, width, blocks, chosen, seed }) => {
      const [first, second] = [chosen % blocks, (chosen + 1) % blocks];
      const kind = 'lattice';
      return call(
        `map of columns ${first} and ${second} of ${blocks}`,
        {
          gates: given([3, rows, blocks * width], 'float32', seed, kind),
          other: given([rows, blocks * width], 'float32', seed + 1, kind),
          bias: given([blocks * width], 'float32', seed + 2, kind),
          y: given([3, rows, width], 'float32', seed + 3, kind),
        },
        ['gates', 'y'],
        (backend, { gates, other, bias, y }) => {
          const shape = [rows, width];
          const apart = [blocks * width, 1];
          const block = (x: Operand, step: number, k: number) =>
            part(backend, x, step * rows * blocks * width + k * width, shape, apart);
          backend.map(
            gate,
            {
              a: block(gates, 1, first),
              b: block(other, 0, second),
              c: part(backend, bias, second * width, [1, width]),
              y: part(backend, y, rows * width, shape),
              z: part(backend, y, 2 * rows * width, shape),
            },
            {},
          );
        },
        { rtol: 0, atol: 0 },
      );
    });
};

/** Arbitrary strides, such as those of a transposed matrix. */
const transposed: Calls = (size) =>
  fc
    .record({ m: axisLength(Math.ceil(Math.sqrt(size))), n: axisLength(Math.ceil(Math.sqrt(size))), seed: seeds })
    .map(({ m, n, seed }) =>
      call(
        'map of a transposed matrix',
        {
          a: given([m, n], 'float32', seed, 'lattice'),
          b: given([n, m], 'float32', seed + 1, 'lattice'),
          c: given([n], 'float32', seed + 2, 'lattice'),
          y: given([m, n], 'float32', seed + 3, 'lattice'),
          z: given([m, 1], 'float32', seed + 4, 'lattice'),
        },
        ['a', 'y'],
        (backend, operands) => {
          const b = part(backend, operands.b, 0, [m, n], [1, m]);
          backend.map(gate, { ...operands, b }, {});
        },
        { rtol: 0, atol: 0 },
      ),
    );

/** Products of one step of a sequence, written into one step of another. */
const steps: Calls = (size) => {
  const length = axisLength(Math.ceil(Math.sqrt(size)));
  return fc.record({ m: length, n: length, k: length, transposeB: fc.boolean(), seed: seeds }).map((c) => {
    const { m, n, k, transposeB, seed } = c;
    return call(
      'matmul of parts',
      {
        a: given([3, m, k], 'float32', seed, 'lattice'),
        b: given(transposeB ? [n, k] : [k, n], 'float32', seed + 1, 'lattice'),
        out: given([3, m, n], 'float32', seed + 2, 'lattice'),
      },
      ['out'],
      (backend, { a, b, out }) => {
        const to = part(backend, out, m * n, [m, n]);
        backend.matmul(part(backend, a, 2 * m * k, [m, k]), b, to, { transposeB });
      },
      { rtol: 0, atol: 0 },
    );
  });
};

/** Primitives on parts of tensors; the elements around them must not change. */
export const partCalls: Readonly<Record<string, Calls>> = {
  'map: columns of a step': columns,
  'map: transposed': transposed,
  'matmul: steps': steps,
};
