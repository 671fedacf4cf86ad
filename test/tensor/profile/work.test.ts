import '../../helpers/reference.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../src/dtype.js';
import type { Formula } from '../../../src/formula/formula.js';
import type { Backend, Operand, StridedCopy } from '../../../src/tensor/backend.js';
import { backendOf } from '../../../src/tensor/device.js';
import { profile } from '../../../src/tensor/profile/profile.js';
import type { ProfileRow } from '../../../src/tensor/profile/profile-rows.js';
import type { Call } from '../../backends/calls/call.js';
import { calls } from '../../backends/calls/index.js';
import { partCalls } from '../../backends/calls/parts.js';
import { product } from '../../helpers/arbitraries.js';

const backend = backendOf('reference');

/** Makes a call while a profile is being made, and returns the only row of it and the formula that it evaluates. */
async function rowOf({ tensors, run }: Call): Promise<{ row: ProfileRow; f?: Formula }> {
  const operands: Record<string, Operand> = {};
  for (const [name, { shape, dtype, values }] of Object.entries(tensors)) {
    const handle = backend.allocate(dtype, values.length);
    operands[name] = { shape, dtype, size: values.length, handle };
    backend.write(operands[name], values);
  }
  let f: Formula | undefined;
  const noting = (method: 'map' | 'reduce'): Backend['map'] => {
    return (given, ...others) => {
      f = given;
      backend[method](given, ...others);
    };
  };
  const watched: Backend = Object.assign(Object.create(backend), { map: noting('map'), reduce: noting('reduce') });
  const { rows, ops } = await profile(() => run(watched, operands));
  expect(rows).toHaveLength(1);
  expect(rows[0].calls).toBe(1);
  expect(ops).toEqual([{ ...rows[0], shape: '', formula: undefined }]);
  return { row: rows[0], f };
}

const sizeOf = (c: Call, name: string) => product(c.tensors[name].shape);
const bytesIn = (c: Call, name: string) => sizeOf(c, name) * bytesOf(c.tensors[name].dtype);
const perElement = (c: Call, name: string) => bytesOf(c.tensors[name].dtype);
const bytesOfAll = (c: Call) => Object.keys(c.tensors).reduce((sum, name) => sum + bytesIn(c, name), 0);

/** The products of a convolution: one for each element of the output and each weight that contributes to it. */
function convolutionFlops(c: Call, y: string, weights: string): number {
  return 2 * sizeOf(c, y) * product(c.tensors[weights].shape.slice(1));
}

function matmulFlops(c: Call): number {
  const { transposeA } = JSON.parse(/\{.*?\}/.exec(c.label)?.[0] ?? '{}');
  return 2 * sizeOf(c, 'out') * (c.tensors.a.shape.at(transposeA ? -2 : -1) as number);
}

function copyBytes(c: Call): number {
  const walk: StridedCopy = JSON.parse(/\{.*\}(?= with)/.exec(c.label)?.[0] ?? '');
  const sources = new Set<number>();
  let targets = 0;
  const visit = (axis: number, at: number): void => {
    if (axis === walk.shape.length) {
      sources.add(at);
      targets++;
      return;
    }
    for (let i = 0; i < walk.shape[axis]; i++) visit(axis + 1, at + i * walk.fromStrides[axis]);
  };
  visit(0, walk.fromOffset);
  return (sources.size + targets) * perElement(c, 'x');
}

/** What each primitive has to do, computed from the shapes of its tensors. */
const expected: Readonly<Record<string, (c: Call) => { flops?: number; bytes: number }>> = {
  matmul: (c) => ({ flops: matmulFlops(c), bytes: bytesOfAll(c) }),
  conv2d: (c) => ({ flops: convolutionFlops(c, 'out', 'w'), bytes: bytesOfAll(c) }),
  conv2dInputGrad: (c) => ({ flops: convolutionFlops(c, 'dy', 'w'), bytes: bytesOfAll(c) }),
  conv2dWeightGrad: (c) => ({ flops: convolutionFlops(c, 'dy', 'dw'), bytes: bytesOfAll(c) }),
  copy: (c) => ({ bytes: copyBytes(c) }),
  gather: (c) => ({
    bytes: bytesIn(c, 'index') + bytesIn(c, 'out') + Math.min(sizeOf(c, 'x'), sizeOf(c, 'out')) * perElement(c, 'x'),
  }),
  scatterAdd: (c) => ({
    bytes:
      bytesIn(c, 'index') + bytesIn(c, 'src') + 2 * Math.min(sizeOf(c, 'out'), sizeOf(c, 'src')) * perElement(c, 'out'),
  }),
};
const like: Readonly<Record<string, string>> = { indexSelect: 'gather', indexAdd: 'scatterAdd' };

/** Every tensor once, and twice if a formula updates it in place. */
function bytesTouched(c: Call, f?: Formula): number {
  const inPlace = f ? f.outputs.filter((name) => f.inputs.includes(name)) : [];
  return bytesOfAll(c) + inPlace.reduce((sum, name) => sum + bytesIn(c, name), 0);
}

describe('a profile counts the work of', () => {
  // calls on parts of tensors have operands that are smaller than their tensors
  const groups = Object.entries(calls).filter(([name]) => !(name in partCalls));
  for (const [name, arbitrary] of groups) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary(300), async (c) => {
          const { row, f } = await rowOf(c);
          const word = /^\w+/.exec(c.label)?.[0] as string;
          const count = expected[like[word] ?? word];
          expect(row.op).toBe(word === 'permute' ? 'copy' : word);
          expect({ flops: row.flops, bytes: row.bytes }).toEqual({
            flops: undefined,
            ...(count ? count(c) : { bytes: bytesTouched(c, f) }),
          });
        }),
        { numRuns: 40 },
      );
    });
  }
});
