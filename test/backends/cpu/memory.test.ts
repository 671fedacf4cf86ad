import { describe, expect, it } from 'vitest';
import { detectFeatures } from '../../../src/backends/cpu/features.js';
import { LinearMemory } from '../../../src/backends/cpu/memory/linear-memory.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { importUnshared } from '../../../src/backends/cpu/wasm/unshared.js';
import { countTask, mathModule } from '../../helpers/wasm.js';

describe('LinearMemory', () => {
  it.each([true, false])('grows in place, and its views follow (shared: %s)', (shared) => {
    const memory = new LinearMemory(shared, 1024);
    expect(memory.memory.buffer).toBeInstanceOf(shared ? SharedArrayBuffer : ArrayBuffer);
    memory.f32[1000] = 1.5;
    const wanted = memory.bytes + 3 * 65536 - 5;
    expect(memory.growTo(wanted)).toBe(true);
    expect(memory.bytes).toBe(Math.ceil(wanted / 65536) * 65536);
    expect([memory.f32.byteLength, memory.i32.byteLength, memory.u8.byteLength]).toEqual(Array(3).fill(memory.bytes));
    expect(memory.f32[1000]).toBe(1.5);
    expect(memory.i32[1000]).toBe(0x3fc00000);
    expect(memory.growTo(10)).toBe(true);
  });

  it('stops at its maximum', () => {
    const memory = new LinearMemory(true, 512);
    expect(memory.mostBytes).toBe(512 * 65536);
    expect(memory.growTo(memory.mostBytes + 1)).toBe(false);
    expect(memory.growTo(memory.mostBytes)).toBe(true);
    expect(memory.bytes).toBe(memory.mostBytes);
  });

  it('requests less if the system does not grant the maximum', () => {
    // engines reject maxima beyond 65536 pages in the same way as those that do not fit the address space
    expect(new LinearMemory(true, 2 ** 20).mostBytes).toBe(65536 * 65536);
    expect(() => new LinearMemory(true, 100)).toThrow('cpu: expected room for a WebAssembly memory');
  });
});

describe('importUnshared', () => {
  it.each([
    { name: 'a memory', module: countTask },
    { name: 'a memory and a function', module: mathModule('exp4', 1) },
  ])('changes nothing but the flag of the import of $name', ({ module }) => {
    const unshared = importUnshared(module);
    const changed = [...module.keys()].filter((i) => module[i] !== unshared[i]);
    expect(changed).toHaveLength(1);
    expect([module[changed[0]], unshared[changed[0]]]).toEqual([3, 1]);
  });

  it('is needed to instantiate modules if memory is not shared', () => {
    const env = { memory: new WebAssembly.Memory({ initial: 1, maximum: 16 }) };
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(countTask), { env })).toThrow(/memory/);
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(importUnshared(countTask)), { env })).not.toThrow();

    const engine = new CpuRuntime({ threads: 2, sharedMemory: false, mostPages: 1024 });
    const pointer = engine.allocate(16);
    engine.f32.set([0, 1, -1, 2], pointer / 4);
    engine.run(engine.load(mathModule('exp4', 1)), [pointer, pointer], 1);
    const results = Array.from(engine.f32.subarray(pointer / 4, pointer / 4 + 4));
    for (const [i, x] of [0, 1, -1, 2].entries()) expect(results[i]).toBeCloseTo(Math.exp(x), 5);
  });
});

describe('detectFeatures', () => {
  it('finds relaxed SIMD and shared memory in Node', () => {
    expect(detectFeatures()).toEqual({ relaxedSimd: true, sharedMemory: true });
  });

  it('throws if SIMD is missing', () => {
    const { validate } = WebAssembly;
    WebAssembly.validate = () => false;
    try {
      expect(() => detectFeatures()).toThrow('cpu: expected an engine with WebAssembly SIMD');
    } finally {
      WebAssembly.validate = validate;
    }
  });
});
