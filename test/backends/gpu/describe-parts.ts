import fc from 'fast-check';
import { it } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { formula } from '../../../src/formula/formula.js';
import type { Backend, Operand } from '../../../src/tensor/backend.js';
import { close } from '../../helpers/close.js';
import { operandOn } from '../../helpers/operands.js';
import { startedIn } from './started.js';

const reference = new ReferenceBackend();

/** A tensor of `rows` by `columns`, of which programs read and write parts. */
const [rows, columns, blocks] = [6, 8, 4];
const size = rows * columns;
const width = columns / blocks;

const half = formula('y = x / 2 + 1', { tensors: ['x', 'y'] });
const swap = formula('const t = x\nx = y\ny = t + x', { tensors: ['x', 'y'] });

/** What one step of a program does with tensors 0 and 1. */
type Act = (backend: Backend, tensors: readonly Operand[]) => void;

function part(backend: Backend, x: Operand, offset: number, shape: readonly number[], strides?: number[]): Operand {
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: x.dtype, size: count, handle: backend.part(x, offset), strides };
}

/** Some rows of the tensor, or a block of columns of these rows, which has gaps. */
const regions = fc
  .record({ from: fc.nat({ max: rows - 1 }), count: fc.integer({ min: 1, max: rows }), block: fc.nat({ max: blocks }) })
  .map(({ from, count, block }) => {
    const length = Math.min(count, rows - from);
    const start = from * columns;
    return block === blocks
      ? { offset: start, shape: [length, columns] }
      : { offset: start + block * width, shape: [length, width], strides: [columns, 1] };
  });

const acts: fc.Arbitrary<{ label: string; act: Act }> = fc.oneof(
  fc
    .record({ to: fc.nat({ max: 1 }), offset: fc.nat({ max: size - 1 }), count: fc.integer({ min: 1, max: size }) })
    .map(({ to, offset, count }) => ({
      label: `write ${Math.min(count, size - offset)} from ${offset} of ${to}`,
      act: (backend: Backend, tensors: readonly Operand[]) =>
        backend.write(
          tensors[to],
          Array.from({ length: Math.min(count, size - offset) }, (_, i) => offset + i),
          offset,
        ),
    })),
  fc
    .record({ to: fc.nat({ max: 1 }), region: regions, at: fc.nat({ max: size - 1 }), backwards: fc.boolean() })
    .map(({ to, region, at, backwards }) => ({
      label: `copy from ${at}${backwards ? ' backwards' : ''} to ${JSON.stringify(region)} of ${to}`,
      act: (backend: Backend, tensors: readonly Operand[]) => {
        const [n, m] = region.shape;
        const [toRow, toColumn] = region.strides ?? [columns, 1];
        const from = Math.min(at, size - n * m);
        backend.copy(tensors[1 - to], tensors[to], {
          shape: [n, m],
          fromOffset: backwards ? from + n * m - 1 : from,
          fromStrides: backwards ? [-m, -1] : [m, 1],
          toOffset: region.offset,
          toStrides: [toRow, toColumn],
        });
      },
    })),
  fc.record({ to: fc.nat({ max: 1 }), region: regions, own: fc.boolean() }).map(({ to, region, own }) => ({
    label: `map ${JSON.stringify(region)} of ${own ? to : 1 - to} to ${to}`,
    act: (backend: Backend, tensors: readonly Operand[]) => {
      const { offset, shape, strides } = region;
      const y = part(backend, tensors[to], offset, shape, strides);
      backend.map(half, { x: part(backend, tensors[own ? to : 1 - to], offset, shape, strides), y }, {});
    },
  })),
  fc
    .record({ to: fc.nat({ max: 1 }), from: fc.nat({ max: rows - 1 }), a: fc.nat({ max: 1 }), b: fc.nat({ max: 1 }) })
    .map(({ to, from, a, b }) => ({
      label: `swap blocks ${a} and ${2 + b} of rows from ${from} of ${to}`,
      act: (backend: Backend, tensors: readonly Operand[]) => {
        const block = (k: number) =>
          part(backend, tensors[to], from * columns + k * width, [rows - from, width], [columns, 1]);
        backend.map(swap, { x: block(a), y: block(2 + b) }, {});
      },
    })),
  fc.nat({ max: rows - 2 }).map((from) => ({
    label: `running sums of 2 rows from ${from} of 0 to 1`,
    act: (backend: Backend, tensors: readonly Operand[]) => {
      const [x, out] = tensors.map((t) => part(backend, t, from * columns, [2, columns]));
      backend.cumsum(x, out, 1, false);
    },
  })),
);

/** Compares random programs on parts of tensors between a mode of GPU.js and reference. */
export function describeParts(mode: GpuMode, numRuns: number): void {
  const backend = startedIn(mode);

  it(`gpu:${mode} writes and reads parts of tensors as reference does, in any order`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          acts.map((act) => Object.assign(act, { [fc.toStringMethod]: () => act.label })),
          { minLength: 1, maxLength: 12 },
        ),
        fc.boolean(),
        async (program, filled) => {
          const run = async (on: Backend) => {
            const tensors = [0, 1].map((i) =>
              operandOn(
                on,
                [size],
                filled ? Array.from({ length: size }, (_, j) => (j % 7) - i) : new Float32Array(size),
              ),
            );
            for (const { act } of program) act(on, tensors);
            const values = await Promise.all(tensors.map((x) => on.read(x)));
            for (const { handle } of tensors) on.release(handle);
            return values.map((x) => [...x]);
          };
          const [actual, expected] = [await run(backend()), await run(reference)];
          for (const i of [0, 1]) close(actual[i], expected[i], 1e-5);
        },
      ),
      { numRuns },
    );
  });
}
