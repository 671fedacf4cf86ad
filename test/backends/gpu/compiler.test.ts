import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type Compiled, Compiler } from '../../../src/backends/gpu/compiler.js';
import type { GpuInstance, GpuTexture } from '../../../src/backends/gpu/device/gpu-js.js';
import { type GpuRuntime, startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';

const mebibyte = 2 ** 20;
const maxKernels = 50;

let host: GpuRuntime;
let made: number;
const living = new Map<GpuTexture, { textureBytes: number }>();
let compiler: Compiler;

beforeAll(async () => {
  const { GPU } = await loadLibrary();
  host = await startRuntime(new GPU({ mode: 'cpu' }), 'cpu');
});

beforeEach(() => {
  made = 0;
  living.clear();
  const gpu = {
    createKernel: () => {
      made++;
      return { destroy() {} };
    },
  } as unknown as GpuInstance;
  compiler = new Compiler({ ...host, onDevice: true, gpu, maxKernels }, living);
});

/** Requests a kernel, runs it, and leaves it the texture of its result, which no tensor uses. */
function run(key: string, bytes: number): Compiled {
  const kernel = compiler.kernel({
    key,
    source: 'function() { return 1; }',
    threads: 1,
    values: [],
    scalars: [],
    pipeline: true,
  });
  kernel.last = { value: { type: 'NumberTexture', output: [1] }, bytes };
  return kernel;
}

it('destroys the least recently used kernels once they keep more than 64 MiB', () => {
  const first = run('first', 4 * mebibyte);
  for (let i = 0; i < 40; i++) {
    run('second', 4 * mebibyte);
    run(`size ${i}`, 4 * mebibyte);
    expect(compiler.bytes).toBeLessThanOrEqual((64 + 4) * mebibyte);
  }
  expect(first.destroyed).toBe(true);
  expect(run('second', 4 * mebibyte).destroyed).toBe(false);
  expect(made).toBe(42);
});

it('lets kernels keep as much memory as tensors use', () => {
  living.set({ type: 'NumberTexture', output: [1] }, { textureBytes: 100 * mebibyte });
  for (let i = 0; i < 40; i++) run(`size ${i}`, 4 * mebibyte);
  expect(compiler.liveBytes).toBe(100 * mebibyte);
  expect(compiler.bytes).toBeGreaterThan(96 * mebibyte);
  expect(compiler.bytes).toBeLessThanOrEqual((100 + 4) * mebibyte);
});

it('compiles kernels of every step at most twice, however much memory they keep', () => {
  const step = () => {
    for (let i = 0; i < 40; i++) run(`layer ${i}`, 4 * mebibyte);
    return made;
  };
  step();
  const second = step();
  expect(second).toBeLessThanOrEqual(80);
  for (let i = 0; i < 5; i++) expect(step()).toBe(second);
});

it('keeps a bounded number of kernels that keep no memory', () => {
  for (let i = 0; i < 2 * maxKernels; i++) run(`size ${i}`, 0);
  expect(compiler.count).toBe(maxKernels);
});
