import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { detectFeatures } from '../../../src/backends/cpu/features.js';
import { LinearMemory } from '../../../src/backends/cpu/memory/linear-memory.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { importUnshared } from '../../../src/backends/cpu/wasm/unshared.js';
import { OutOfMemoryError } from '../../../src/errors.js';
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

describe('modules that are loaded at run time', () => {
  const bytes = (mebi: number) => mebi * 2 ** 20;
  const pages = 1024;

  it('do not divide the memory for good: they move where a large block needs their place', () => {
    const engine = new CpuRuntime({ threads: 3, mostPages: pages });
    const first = engine.allocate(bytes(40));
    const kernel = engine.load(mathModule('exp4', 1));
    engine.free(first);
    const second = engine.allocate(bytes(60));
    const values = engine.allocate(64);
    // workers read the module from its new place
    for (const thread of [0, 1, 2, 3]) {
      engine.f32.set([0, 1, -1, thread], values / 4);
      engine.run(kernel, [values, values], 1);
      expect(engine.f32[values / 4 + 1]).toBeCloseTo(Math.E, 5);
    }
    engine.free(second);
    expect(() => engine.allocate(bytes(64))).toThrow(OutOfMemoryError);
    engine.run(kernel, [values, values], 1);
    engine.resize(1);
  });

  it('are all found by workers after any moves', () => {
    const engine = new CpuRuntime({ threads: 3, mostPages: pages });
    const counters = engine.allocate(4 * 50);
    const kernels: number[] = [];
    const check = () => {
      engine.i32.fill(0, counters / 4, counters / 4 + 50);
      for (const kernel of kernels) engine.run(kernel, [counters, 0], 50);
      expect(engine.i32.subarray(counters / 4, counters / 4 + 50).every((n) => n === kernels.length)).toBe(true);
    };
    for (let i = 0; i < 300; i++) {
      kernels.push(engine.load(countTask));
      if (i % 60 !== 0) continue;
      const left = engine.allocate(bytes(20));
      kernels.push(engine.load(countTask));
      engine.free(left);
      engine.free(engine.allocate(bytes(58)));
      check();
    }
    check();
    engine.resize(1);
  });

  it('leave everything as it was where the memory is full', () => {
    const engine = new CpuRuntime({ threads: 2, mostPages: pages });
    const kernel = engine.load(mathModule('exp4', 1));
    const values = engine.allocate(64);
    const blocks: number[] = [];
    const fill = () => {
      for (let size = bytes(32); size >= 64; size /= 2) {
        for (;;) {
          try {
            blocks.push(engine.allocate(size));
          } catch (error) {
            expect(error).toBeInstanceOf(OutOfMemoryError);
            break;
          }
        }
      }
    };
    fill();
    let loaded = 0;
    expect(() => {
      for (;;) {
        engine.load(countTask);
        loaded++;
      }
    }).toThrow(OutOfMemoryError);
    engine.f32.set([0, 1, -1, 2], values / 4);
    engine.run(kernel, [values, values], 1);
    expect(engine.f32[values / 4 + 3]).toBeCloseTo(Math.E ** 2, 4);
    for (const block of blocks) engine.free(block);
    // the kernels that did load keep their numbers
    expect(engine.load(countTask)).toBe(kernel + loaded + 1);
    engine.resize(1);
  });
});

it.each([true, false])('the arithmetic of kernels is what their multiply-add computes (relaxed: %s)', (relaxedSimd) => {
  const cpu = new CpuBackend(new CpuRuntime({ threads: 1, relaxedSimd, mostPages: 1024 }));
  const operand = (values: number[]) => {
    const x = { shape: [4, 4], dtype: 'float32', size: 16, handle: cpu.allocate('float32', 16) } as const;
    cpu.write(
      x,
      Array.from({ length: 16 }, (_, i) => values[i] ?? 0),
    );
    return x;
  };
  // row times column: -(1 + 2^-12) * 1 + (1 + 2^-13)^2, which is 0 if products are rounded
  const a = operand([-(1 + 2 ** -12), 1 + 2 ** -13]);
  const b = operand([1, 0, 0, 0, 1 + 2 ** -13]);
  const out = operand([]);
  cpu.matmul(a, b, out);
  const [product] = cpu.readSync(out);
  expect(product).toBe(cpu.info().arithmetic === 'float32' ? 0 : 2 ** -26);
});
