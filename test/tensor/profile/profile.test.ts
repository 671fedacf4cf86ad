import '../../helpers/reference.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import '../../../src/autograd/methods.js';
import { tensor } from '../../../src/autograd/create.js';
import { matmul } from '../../../src/autograd/ops/math/matmul.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import type { TypedArray } from '../../../src/dtype.js';
import { AntinodeError, DeviceError, ValueError } from '../../../src/errors.js';
import { formula } from '../../../src/formula/formula.js';
import type { Operand } from '../../../src/tensor/backend.js';
import { backendOf, registerBackend } from '../../../src/tensor/device.js';
import { profile } from '../../../src/tensor/profile/profile.js';
import type { Profile } from '../../../src/tensor/profile/profile-result.js';
import { prepareMapInto } from '../../../src/tensor/run.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { collectGarbage } from '../../helpers/garbage.js';
import { operandOn } from '../../helpers/operands.js';
import { tensorOf } from '../../helpers/tensors.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A device that queues work: its reads wait, as does `synchronize`. */
class QueueingBackend extends ReferenceBackend {
  override readonly name = 'queueing' as never;
  waits = 0;

  async synchronize(): Promise<void> {
    this.waits++;
    await pause(3);
  }

  override async read(x: Operand<TypedArray>): Promise<TypedArray> {
    await pause(x.size);
    return x.handle.slice(0, x.size);
  }

  /** Prepares, as `cpu` does, and uses another primitive. */
  prepareMap(...[f, operands, scalars]: Parameters<ReferenceBackend['map']>): () => void {
    return () => this.map(f, operands, scalars);
  }
}

const queueing = new QueueingBackend();
registerBackend('queueing', () => queueing);
backendOf('queueing');
const reference = backendOf('reference');

const double = formula('y = 2 * y', { tensors: ['y'] });

/** The times add up, and every row has its share. */
function expectConsistent({ total, host, rows, ops }: Profile): void {
  for (const each of [rows, ops]) {
    const sum = each.reduce((ms, row) => ms + row.ms, 0);
    expect(sum + host).toBeCloseTo(total, 6);
    for (const row of each) {
      expect(row.ms).toBeGreaterThanOrEqual(0);
      expect(row.share).toBeCloseTo(row.ms / total, 9);
      if (row.flopRate !== undefined) expect(row.flopRate * row.ms * 1e6).toBeCloseTo(row.flops as number, 3);
    }
    expect(each.map(({ ms }) => ms)).toEqual(each.map(({ ms }) => ms).sort((a, b) => b - a));
  }
  expect(host).toBeGreaterThanOrEqual(0);
}

/** The calls of each primitive. */
const callsIn = ({ ops }: Profile) => Object.fromEntries(ops.map(({ op, calls }) => [op, calls]));

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

const eventsOf = (p: Profile): TraceEvent[] => JSON.parse(p.toChromeTrace()).traceEvents;

afterEach(() => {
  // whatever happened, the backends have their own methods again
  expect(Object.getPrototypeOf(reference)).toBe(ReferenceBackend.prototype);
  expect(Object.getPrototypeOf(queueing)).toBe(QueueingBackend.prototype);
  for (const op of ['matmul', 'map', 'copy'] as const) expect(reference[op]).toBe(new ReferenceBackend()[op]);
});

describe('profile', () => {
  it('records the primitives of a body, their shapes and times, and what the body returns', async () => {
    const a = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { requiresGrad: true },
    );
    const b = tensorOf([3, 4], new Float32Array(12).fill(1));
    const measured = await profile(() => {
      matmul(a, b);
      matmul(a, b).sum().backward();
      return a.shape;
    });
    expect(measured.result).toEqual([2, 3]);
    expect(measured).toMatchObject({ device: 'reference', queued: false });
    const products = measured.rows.filter(({ op }) => op === 'matmul');
    expect(products.map(({ shape, calls, flops }) => [shape, calls, flops]).sort()).toEqual([
      ['2x3 @ 3x4', 2, 96],
      ['2x4 @ 3x4.T', 1, 48],
    ]);
    for (const { flopRate, byteRate } of products) expect(Math.min(flopRate ?? 0, byteRate ?? 0)).toBeGreaterThan(0);
    expect(callsIn(measured)).toMatchObject({ matmul: 3, reduce: 1 });
    expect(Array.from(a.grad?.dataSync() ?? [])).toEqual([4, 4, 4, 4, 4, 4]);
    expectConsistent(measured);
  });

  it('runs asynchronous bodies, with the primitives after their waits', async () => {
    const a = tensorOf([2, 2], [1, 2, 3, 4]);
    const measured = await profile(async () => {
      await pause(2);
      const y = matmul(a, a);
      await pause(2);
      return Array.from(await y.data());
    });
    expect(measured.result).toEqual([7, 10, 15, 22]);
    expect(callsIn(measured)).toEqual({ allocate: 1, matmul: 1, read: 1 });
    expect(measured.host).toBeGreaterThan(3);
    expectConsistent(measured);
  });

  it('records nothing that happens before, after or in other tasks', async () => {
    const a = tensorOf([2, 2], [1, 2, 3, 4]);
    const other = (async () => {
      for (let i = 0; i < 5; i++) {
        await pause(1);
        matmul(a, a);
      }
    })();
    let later: () => void = () => {};
    const measured = await profile(async () => {
      later = prepareMapInto('later', double, { y: a });
      await other;
    });
    expect(measured.ops).toEqual([]);
    const before = measured.table();
    later();
    matmul(a, a);
    expect(measured.table()).toBe(before);
    expect(Array.from(a.dataSync())).toEqual([2, 4, 6, 8]);
  });

  it('records updates that are prepared and done later', async () => {
    const y = tensor([[1, 2, 3]], { device: 'queueing' });
    const measured = await profile(
      () => {
        const update = prepareMapInto('update', double, { y });
        update();
        update();
      },
      { device: 'queueing' },
    );
    expect(callsIn(measured)).toEqual({ prepareMap: 1, map: 2, synchronize: 1 });
    const [row] = measured.rows.filter(({ op }) => op === 'map');
    expect(row).toMatchObject({ shape: '1x3', formula: 'y = 2 * y', calls: 2, bytes: 2 * 2 * 12, byteRate: undefined });
    expect(measured.rows.find(({ op }) => op === 'prepareMap')).toMatchObject({ bytes: undefined, flops: undefined });
    expect(queueing.readSync(y as unknown as Operand<TypedArray>)).toEqual(Float64Array.of(4, 8, 12));
  });

  it('waits for devices that queue work, before and after', async () => {
    queueing.waits = 0;
    const measured = await profile(() => 1, { device: 'queueing' });
    expect(queueing.waits).toBe(2);
    expect(measured.queued).toBe(true);
    expect(callsIn(measured)).toEqual({ synchronize: 1 });
    expect(measured.ops[0].ms).toBeGreaterThan(2);
    expect(measured.table()).toMatch(/queueing queues work: .*\n.* wait until it is done$/);
    expectConsistent(measured);
  });

  it('divides time between reads that overlap, and puts them on tracks of their own', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const xs = lengths.map((length) => operandOn(queueing, [length], new Array(length).fill(1)));
        const measured = await profile(
          async () => {
            const reads = xs.map((x) => queueing.read(x));
            queueing.map(double, { y: xs[0] }, {});
            return Promise.all(reads);
          },
          { device: 'queueing' },
        );
        expect(callsIn(measured)).toEqual({ read: lengths.length, map: 1, synchronize: 1 });
        expectConsistent(measured);
        const events = eventsOf(measured).filter(({ ph }) => ph === 'X');
        for (const [i, a] of events.entries()) {
          for (const b of events.slice(i + 1)) {
            const nested = b.ts + b.dur <= a.ts + a.dur + 1e-6;
            const apart = b.ts >= a.ts + a.dur - 1e-6;
            expect(a.tid !== b.tid || nested || apart).toBe(true);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('ends reads that nobody awaits with the profile', async () => {
    const x = operandOn(queueing, [40], new Array(40).fill(1));
    let reading: Promise<TypedArray> | undefined;
    const measured = await profile(
      () => {
        reading = queueing.read(x);
      },
      { device: 'queueing' },
    );
    const table = measured.table();
    expect((await reading)?.length).toBe(40);
    expect(measured.table()).toBe(table);
    expectConsistent(measured);
  });

  it('passes on what the body throws, at once or later, and restores the backend', async () => {
    const error = new Error('mine');
    const throwing = () => {
      throw error;
    };
    await expect(profile(throwing)).rejects.toBe(error);
    expect(reference.matmul).toBe(new ReferenceBackend().matmul);
    const rejecting = async () => {
      await pause(1);
      throw error;
    };
    await expect(profile(rejecting)).rejects.toBe(error);
    expect((await profile(() => 1)).result).toBe(1);
  });

  it('records primitives that throw, and passes on what they throw', async () => {
    const [x, index, out] = [[1, 2], [5], [0]].map((values, i) =>
      operandOn(reference, [values.length], values, i === 1 ? 'int32' : 'float32'),
    );
    const measured = await profile(() => {
      expect(() => reference.gather(x, index, out, 0)).toThrow(ValueError);
    });
    expect(measured.rows).toMatchObject([{ op: 'gather', shape: '', calls: 1, bytes: undefined }]);
    expectConsistent(measured);
  });

  it('refuses to begin while another profile is being made', async () => {
    const inner = await profile(async () => {
      await expect(profile(() => 1)).rejects.toThrow(
        new AntinodeError('profile: expected the profile being made to end first, got another one'),
      );
      await expect(profile(() => 1, { device: 'queueing' })).rejects.toThrow(AntinodeError);
      return matmul(tensorOf([1, 1], [3]), tensorOf([1, 1], [4])).itemSync();
    });
    expect(inner.result).toBe(12);
    expect(callsIn(inner)).toMatchObject({ matmul: 1 });
    const both = await Promise.allSettled([profile(() => pause(5)), profile(() => pause(5))]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('checks its arguments', async () => {
    await expect(profile(3 as never)).rejects.toThrow(new ValueError('profile: expected a function, got 3'));
    await expect(profile(() => 1, { devise: 'cpu' } as never)).rejects.toThrow(
      new ValueError("profile: expected options among device, got 'devise'"),
    );
    await expect(profile(() => 1, { device: 'abacus' })).rejects.toThrow(DeviceError);
    const measured = await profile(() => 1);
    expect(() => measured.table({ by: 'time' } as never)).toThrow(
      new ValueError("table: expected option by to be 'op' or 'shape', got 'time'"),
    );
    expect(() => measured.table({ width: 49 })).toThrow(ValueError);
  });

  it('does not read the values of tensors', async () => {
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const measured = await profile(() =>
      x
        .transpose()
        .slice([[0, 2]])
        .add(1)
        .sum(),
    );
    expect(callsIn(measured)).toEqual({ allocate: 4, copy: 2, map: 1, reduce: 1 });
  });

  it('keeps no tensor in use', async () => {
    const tensors: WeakRef<Tensor>[] = [];
    const measured = await profile(() => {
      for (let i = 0; i < 20; i++) tensors.push(new WeakRef(tensorOf([1000], []).add(1)));
    });
    await collectGarbage();
    // the engine may hold a few in registers and on the stack
    expect(tensors.filter((t) => t.deref()).length).toBeLessThan(5);
    expect(callsIn(measured)).toMatchObject({ map: 20 });
  });
});
