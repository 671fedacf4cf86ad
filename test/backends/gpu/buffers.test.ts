import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectFaults } from '../../../src/backends/gpu/device/faults.js';
import type { GpuAllocator, GpuBuffer, GpuErrorFilter } from '../../../src/backends/gpu/device/gpu-js.js';
import { BufferPool } from '../../../src/backends/gpu/memory/buffers.js';
import { OutOfMemoryError } from '../../../src/errors.js';

/** A WebGPU device with limited memory, which reports errors in scopes instead of throwing, as real ones do. */
class SmallDevice implements GpuAllocator {
  used = 0;
  readonly #room: number;
  readonly #scopes: { filter: GpuErrorFilter; error: { message: string } | null }[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  createBuffer({ size }: { size: number }): GpuBuffer {
    const fits = this.used + size <= this.#room;
    if (fits) this.used += size;
    else this.fail('out-of-memory', `no room for ${size}`);
    let live = fits;
    const destroy = () => {
      if (live) this.used -= size;
      live = false;
    };
    return { size, destroy };
  }

  pushErrorScope(filter: GpuErrorFilter): void {
    this.#scopes.push({ filter, error: null });
  }

  async popErrorScope(): Promise<{ message: string } | null> {
    const scope = this.#scopes.pop();
    if (!scope) throw new Error('no scope is open');
    return scope.error;
  }

  /** The innermost scope of this type catches an error, if it is its first. */
  fail(filter: GpuErrorFilter, message: string): void {
    const scope = this.#scopes.findLast((each) => each.filter === filter);
    if (!scope) throw new Error(`expected an open scope, got none for: ${message}`);
    scope.error ??= { message };
  }
}

const mebibyte = 2 ** 20;

describe('a buffer pool', () => {
  it('reuses an idle buffer before it creates one', async () => {
    const device = new SmallDevice(100);
    const pool = new BufferPool(device);
    const first = await pool.acquire(40);
    pool.release(first);
    expect(await pool.acquire(40)).toBe(first);
    expect(await pool.acquire(40)).not.toBe(first);
    expect([device.used, pool.usedBytes, pool.idleBytes]).toEqual([80, 80, 0]);
  });

  it('destroys idle buffers if out of memory, and rejects if there is still too little', async () => {
    const device = new SmallDevice(100);
    const pool = new BufferPool(device);
    const [a, b] = [await pool.acquire(40), await pool.acquire(24)];
    pool.release(a);
    const c = await pool.acquire(60);
    expect([device.used, pool.usedBytes, pool.idleBytes]).toEqual([84, 84, 0]);
    const failure = await pool.acquire(20).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(OutOfMemoryError);
    expect((failure as Error).message).toBe(
      'gpu: expected room for 20 bytes on the device, got none; 84 bytes are in use',
    );
    pool.release(b);
    pool.release(c);
    expect((await pool.acquire(20)).size).toBe(20);
  });

  it('counts used and idle bytes, and limits idle bytes to used bytes or 64 MiB', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 60 }),
        async (acts) => {
          const device = new SmallDevice(Number.POSITIVE_INFINITY);
          const pool = new BufferPool(device);
          const lent: GpuBuffer[] = [];
          for (const [take, size] of acts) {
            if (take) lent.push(await pool.acquire(size * mebibyte));
            else if (lent.length > 0) pool.release(lent.splice(size % lent.length, 1)[0]);
            expect(pool.usedBytes).toBe(lent.reduce((sum, buffer) => sum + buffer.size, 0));
            expect(device.used).toBe(pool.usedBytes + pool.idleBytes);
            if (!take) expect(pool.idleBytes).toBeLessThanOrEqual(Math.max(64 * mebibyte, pool.usedBytes));
          }
        },
      ),
    );
  });
});

describe('faults of a device', () => {
  it('report the first error once, to each backend that shares the device', async () => {
    const device = new SmallDevice(10);
    const [one, other] = [collectFaults(device), collectFaults(device)];
    expect([await one(), await other()]).toEqual([null, null]);
    device.fail('validation', 'no such binding');
    device.fail('validation', 'and another');
    expect((await one())?.message).toBe(
      'gpu: expected the device to carry out its commands, got an error (no such binding)',
    );
    expect(await one()).toBeNull();
    expect((await other())?.message).toContain('no such binding');
    expect(await other()).toBeNull();
    device.createBuffer({ size: 11 });
    expect(await other()).toBeInstanceOf(OutOfMemoryError);
    expect((await one())?.message).toBe('gpu: expected room on the device, got none (no room for 11)');
  });

  it('while creating a buffer for the pool are reported only by the pool', async () => {
    const device = new SmallDevice(10);
    const fault = collectFaults(device);
    await expect(new BufferPool(device).acquire(12)).rejects.toThrow(OutOfMemoryError);
    expect(await fault()).toBeNull();
  });
});
