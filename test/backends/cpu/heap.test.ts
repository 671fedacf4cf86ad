import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../src/backends/cpu/memory/heap.js';
import { OutOfMemoryError } from '../../../src/errors.js';

/** A memory that consists only of its size. */
function fakeMemory(mostBytes: number, bytes = 0) {
  return {
    bytes,
    mostBytes,
    growths: 0,
    growTo(wanted: number): boolean {
      if (wanted > mostBytes) return false;
      this.bytes = Math.max(this.bytes, Math.ceil(wanted / 65536) * 65536);
      this.growths++;
      return true;
    },
  };
}

const actions = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.oneof(fc.nat(300), fc.nat(2 ** 22), fc.constantFrom(0, 1, 64, 65, 4096)) }),
    fc.record({ free: fc.nat() }),
  ),
  { maxLength: 200 },
);

describe('Heap', () => {
  it('allocates aligned blocks that never overlap, and merges them again', () => {
    fc.assert(
      fc.property(actions, fc.integer({ min: 0, max: 5000 }), (list, start) => {
        const memory = fakeMemory(2 ** 31);
        const heap = new Heap(memory, start);
        const live: { pointer: number; bytes: number }[] = [];
        for (const action of list) {
          if ('allocate' in action) {
            const pointer = heap.allocate(action.allocate);
            const bytes = Math.max(64, Math.ceil(action.allocate / 64) * 64);
            expect(pointer % 64).toBe(0);
            expect(pointer).toBeGreaterThanOrEqual(start);
            expect(pointer + bytes).toBeLessThanOrEqual(memory.bytes);
            for (const other of live) {
              expect(pointer + bytes <= other.pointer || other.pointer + other.bytes <= pointer).toBe(true);
            }
            live.push({ pointer, bytes });
          } else if (live.length > 0) {
            heap.free(live.splice(action.free % live.length, 1)[0].pointer);
          }
          expect(heap.usedBytes).toBe(live.reduce((sum, { bytes }) => sum + bytes, 0));
        }
        const any = list.some((action) => 'allocate' in action);
        for (const { pointer } of live) heap.free(pointer);
        expect(heap.usedBytes).toBe(0);
        expect(heap.fragments).toBe(any ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });

  it('returns the same addresses for the same calls', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const trace = () => {
          const heap = new Heap(fakeMemory(2 ** 31), 100);
          const live: number[] = [];
          return list.map((action) => {
            if ('allocate' in action) return live[live.push(heap.allocate(action.allocate)) - 1];
            if (live.length > 0) heap.free(live.splice(action.free % live.length, 1)[0]);
            return -1;
          });
        };
        expect(trace()).toEqual(trace());
      }),
      { numRuns: 20 },
    );
  });

  it('uses the smallest free range that fits, and the same one again for the same size', () => {
    const heap = new Heap(fakeMemory(2 ** 30), 0);
    const [large, , small] = [640, 64, 128, 64].map((bytes) => heap.allocate(bytes));
    heap.free(large);
    heap.free(small);
    expect(heap.allocate(100)).toBe(small);
    expect(heap.allocate(640)).toBe(large);
    heap.free(small);
    expect(heap.allocate(128)).toBe(small);
  });

  it('grows at the end, using a free block there', () => {
    const memory = fakeMemory(2 ** 31, 2 ** 20);
    const heap = new Heap(memory, 64);
    const first = heap.allocate(64);
    const second = heap.allocate(2 ** 29);
    expect([first, second]).toEqual([64, 128]);
    expect(memory.growths).toBeLessThanOrEqual(3);
    heap.free(second);
    expect(heap.fragments).toBe(1);
  });

  it('reports the requested and the used memory and suggests remedies when the memory is full', () => {
    const heap = new Heap(fakeMemory(4 * 2 ** 20), 0);
    const kept = heap.allocate(3 * 2 ** 20);
    expect(() => heap.allocate(2 * 2 ** 20)).toThrow(OutOfMemoryError);
    expect(() => heap.allocate(2 * 2 ** 20)).toThrow(
      /requested 2\.0 MiB with 3\.0 MiB in use of at most 4\.0 MiB .*smaller batch.*checkpoint/,
    );
    heap.free(kept);
    expect(heap.allocate(4 * 2 ** 20)).toBe(kept);
  });

  it('rejects pointers that are not allocated', () => {
    const heap = new Heap(fakeMemory(2 ** 20), 0);
    const pointer = heap.allocate(10);
    heap.free(pointer);
    expect(() => heap.free(pointer)).toThrow(RangeError);
    expect(() => heap.free(12345)).toThrow('heap: expected a pointer from allocate, got 12345');
  });
});
