import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import type { Dtype } from '../../../src/dtype.js';
import { ValueError } from '../../../src/errors.js';
import type { Backend, Operand } from '../../../src/tensor/backend.js';
import { backendOf } from '../../../src/tensor/device.js';
import { anyDtype, fill, valuesOf } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn } from '../../helpers/operands.js';
import { agree } from './call.js';
import { calls } from './index.js';

const reference = new ReferenceBackend();

/** How often `describeBackend` tries each primitive. */
export interface Effort {
  /** Calls on a few hundred elements, to cover edge cases. */
  readonly small?: number;
  /** Calls on tens of thousands, which are split into blocks and shared among threads. */
  readonly large?: number;
}

/** Compares every primitive of the registered device `name` with `reference`, on random shapes. */
export function describeBackend(name: string, { small = 300, large = 25 }: Effort = {}): void {
  let backend: Backend;
  beforeAll(() => {
    backend = backendOf(name);
  });

  describe(`${name} agrees with reference`, () => {
    for (const [primitive, arbitrary] of Object.entries(calls)) {
      it(`in ${primitive}`, async () => {
        const agrees = (size: number) => fc.asyncProperty(arbitrary(size), (c) => agree(backend, reference, c));
        await fc.assert(agrees(400), { numRuns: small });
        // unbiased, because fast-check would start with small sizes again
        await fc.assert(
          fc.asyncProperty(fc.noBias(arbitrary(20000)), (c) => agree(backend, reference, c)),
          { numRuns: large },
        );
      });
    }
  });

  describe(`${name} keeps values`, () => {
    it('that are written, with the conversion of a store', async () => {
      for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const) {
        const values = [-1.75, 0, 0.5, 1, 3.25, 200, 300];
        const [x, wanted] = [operandOn(backend, [7], values, dtype), operandOn(reference, [7], values, dtype)];
        expect(Array.from(await backend.read(x)), dtype).toEqual(Array.from(reference.readSync(wanted)));
        backend.write(x, [9, 9], 3);
        reference.write(wanted, [9, 9], 3);
        backend.write(x, [], 7);
        expect(Array.from(await backend.read(x)), dtype).toEqual(Array.from(reference.readSync(wanted)));
        backend.release(x.handle);
      }
    });

    it('from typed arrays of every kind', async () => {
      for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const) {
        for (const array of [Float32Array, Float64Array, Int32Array, Uint8Array]) {
          const values = array.from([0, 1, 2, 100]);
          const [x, wanted] = [operandOn(backend, [4], values, dtype), operandOn(reference, [4], values, dtype)];
          expect(Array.from(await backend.read(x)), dtype).toEqual(Array.from(reference.readSync(wanted)));
          backend.release(x.handle);
        }
      }
    });

    it('in arrays of the dtype, which are copies', async () => {
      const kinds: Record<Dtype, unknown> = {
        float32: Float32Array,
        int32: Int32Array,
        uint8: Uint8Array,
        bool: Uint8Array,
      };
      for (const [dtype, kind] of Object.entries(kinds)) {
        const x = operandOn(backend, [3], [1, 0, 1], dtype as Dtype);
        const values = await backend.read(x);
        expect(values.constructor).toBe(kind);
        values[0] = 0;
        backend.write(x, [0], 2);
        expect(Array.from(values)).toEqual([0, 0, 1]);
        expect(Array.from(await backend.read(x))).toEqual([1, 0, 0]);
        backend.release(x.handle);
      }
    });

    it('separate while memory is allocated and released', async () => {
      const steps = fc.array(fc.record({ dtype: anyDtype, size: fc.nat({ max: 3000 }), drop: fc.nat() }), {
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const live: { x: Operand; values: Float64Array }[] = [];
          for (const { dtype, size, drop } of list) {
            if (drop % 3 === 0 && live.length > 0) {
              const [{ x }] = live.splice(drop % live.length, 1);
              backend.release(x.handle);
            }
            const values = fill(valuesOf(dtype), size, drop % 1000);
            live.push({ x: operandOn(backend, [size], values, dtype), values });
          }
          for (const { x, values } of live)
            close(await backend.read(x), values, 0, 0, { what: `${x.dtype}(${x.size})` });
          for (const { x } of live) backend.release(x.handle);
        }),
        { numRuns: 30 },
      );
    });
  });

  it(`${name} rejects indices outside the axis if it can check them synchronously`, () => {
    if (!backend.readSync) return;
    const x = operandOn(backend, [2, 3], [1, 2, 3, 4, 5, 6]);
    const out = operandOn(backend, [1, 3]);
    for (const bad of [2, -1, 2147483647, -2147483648]) {
      const rows = operandOn(backend, [1], [bad], 'int32');
      const each = operandOn(backend, [1, 3], [0, bad, 1], 'int32');
      const message = `: expected indices in [0, 2), got ${bad}`;
      const throws = (call: () => void, op: string) => {
        expect(call).toThrow(ValueError);
        expect(call).toThrow(op + message);
      };
      throws(() => backend.gather(x, each, out, 0), 'gather');
      throws(() => backend.scatterAdd(x, each, out, 0), 'scatterAdd');
      throws(() => backend.indexSelect(x, rows, out, 0), 'indexSelect');
      throws(() => backend.indexAdd(x, rows, out, 0), 'indexAdd');
    }
    expect(Array.from(backend.readSync(x))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it(`${name} describes itself`, () => {
    const info = backend.info();
    expect(info.name).toBe(backend.name);
    expect(info.description.length).toBeGreaterThan(10);
    expect(info.threads).toBeGreaterThanOrEqual(1);
  });
}
