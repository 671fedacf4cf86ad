import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { detectFeatures } from '../../../src/backends/cpu/features.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { DeviceError } from '../../../src/errors.js';
import { nodeModule } from '../../../src/platform.js';
import { backendOf, registerBackend } from '../../../src/tensor/device.js';
import { root } from '../../helpers/sources.js';
import { countTask } from '../../helpers/wasm.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('if WebAssembly is blocked, the first use reports it', () => {
  registerBackend('blocked', () => new CpuBackend());
  const use = () => backendOf('blocked');

  it('if it is missing', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(use).toThrow(DeviceError);
    expect(use).toThrow(/^cpu: expected WebAssembly, got an engine without it; .*--jitless.*setDevice\('reference'\)/);
  });

  it('if it lacks SIMD', () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(use).toThrow(DeviceError);
    expect(use).toThrow(/^cpu: expected an engine with WebAssembly SIMD, got none; .*setDevice\('reference'\)/);
  });

  it('if compiling is forbidden, as by the policy of a page, but not before it is used', () => {
    // the engine's own error, from a context that must not compile
    const forbidden = runInNewContext('WebAssembly.Module', {}, { contextCodeGeneration: { wasm: false } });
    vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { Module: { value: forbidden } }));
    expect(use).toThrow(DeviceError);
    expect(use).toThrow(
      /^cpu: expected permission to compile WebAssembly, got CompileError: .*'wasm-unsafe-eval'.*setDevice\('reference'\)/,
    );
    vi.unstubAllGlobals();
    expect(use().info().name).toBe('cpu');
    expect(detectFeatures().sharedMemory).toBe(true);
  });
});

/** Waits until `done` returns true. */
async function until(done: () => boolean) {
  for (let turn = 0; turn < 2000; turn++) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect.fail('waited in vain');
}

/** True if the engine runs each of 100 tasks once. */
function counts(engine: CpuRuntime): boolean {
  const pointer = engine.allocate(400);
  engine.i32.fill(0, pointer / 4, pointer / 4 + 100);
  engine.run(engine.load(countTask), [pointer], 100);
  const result = engine.i32.slice(pointer / 4, pointer / 4 + 100);
  engine.free(pointer);
  return result.every((count) => count === 1);
}

const threads = nodeModule('worker_threads');
const { Worker } = threads;
type Arguments = ConstructorParameters<typeof Worker>;

/** Replaces the constructor of workers until the test ends. */
function replaceWorkers(make: (...args: Arguments) => InstanceType<typeof Worker>) {
  const started = vi.fn(make);
  threads.Worker = new Proxy(Worker, { construct: (_, args: Arguments) => started(...args) });
  return started;
}

describe('if workers are blocked, work continues and info() reports the number of threads in use', () => {
  afterEach(() => {
    threads.Worker = Worker;
  });
  const start = (wanted: number) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const engine = new CpuRuntime({ threads: wanted, mostPages: 4096 });
    const backend = new CpuBackend(engine);
    return { engine, warn, info: () => backend.info() };
  };

  it('if none can be started, with one warning', () => {
    const started = replaceWorkers(() => {
      throw new Error('no workers here');
    });
    const { engine, warn, info } = start(4);
    expect([info().threads, engine.threads]).toEqual([1, 1]);
    expect(counts(engine)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0].join(' ')).toMatch(
      /^cpu: expected worker threads to start .*, got Error: no workers here$/,
    );
    expect(started).toHaveBeenCalledTimes(3);
    for (const wanted of [1, 4, 2, 4]) {
      engine.resize(wanted);
      expect(info().threads).toBe(1);
    }
    expect(started, 'is tried once each').toHaveBeenCalledTimes(3);
    engine.resize(5);
    expect(started).toHaveBeenCalledTimes(4);
    expect([info().threads, warn.mock.calls.length]).toEqual([1, 1]);
  });

  it('if they end with an error, counting them until then', async () => {
    const started = replaceWorkers(() => new Worker('throw new Error("not in here")', { eval: true }));
    const { engine, warn, info } = start(3);
    expect([info().threads, engine.threads]).toEqual([3, 3]);
    expect(counts(engine)).toBe(true);
    await until(() => info().threads === 1);
    expect(engine.threads).toBe(1);
    expect(counts(engine)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0].join(' ')).toContain('not in here');
    engine.resize(1);
    engine.resize(3);
    expect(info().threads).toBe(1);
    expect(started).toHaveBeenCalledTimes(2);
  });

  it('if some cannot be started, with those that can', async () => {
    let calls = 0;
    replaceWorkers((source, options) => {
      if (++calls % 2 === 1) throw new Error('not this one');
      return new Worker(source, options);
    });
    const { engine, warn, info } = start(5);
    // workers 1 and 3 are missing; 4 works, so numbers go up to 4
    expect([info().threads, engine.threads]).toEqual([3, 5]);
    await until(() => engine.workers === 2);
    expect(counts(engine)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    engine.resize(4);
    expect([info().threads, engine.threads]).toEqual([2, 3]);
    expect(counts(engine)).toBe(true);
    engine.resize(1);
    expect([info().threads, engine.workers]).toEqual([1, 0]);
  });

  it('if one fails that was stopped before it started', async () => {
    const started = replaceWorkers(() => new Worker('throw new Error("too late")', { eval: true }));
    const { engine, warn, info } = start(2);
    engine.resize(1);
    await until(() => warn.mock.calls.length === 1);
    engine.resize(2);
    expect(info().threads).toBe(1);
    expect(started).toHaveBeenCalledTimes(1);
  });
});

describe('a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'antinode-blocked-'));
  const program = join(folder, 'program.mjs');
  beforeAll(async () => {
    await build({
      stdin: {
        contents: `
          import { device, ones, setThreads } from './src/index.ts';
          try {
            setThreads(3);
            const sum = ones([300, 300]).add(1).sum().itemSync();
            await new Promise((resolve) => setTimeout(resolve, 300));
            console.log(JSON.stringify({ sum, threads: device.info().threads }));
          } catch (error) {
            console.log(JSON.stringify({ name: error.name, message: error.message }));
          }`,
        resolveDir: root,
      },
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20', outfile: program, logLevel: 'error' },
      // package.json lists files of dist, so keep everything from src
      ignoreAnnotations: true,
      external: ['gpu.js', 'fast-png', 'nanotar'],
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...flags: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8' });
    return { ...JSON.parse(stdout), stderr };
  };

  it('runs on all threads if nothing is blocked', () => {
    expect(run()).toEqual({ sum: 180000, threads: 3, stderr: '' });
  });

  it('gets an error that node --jitless has no WebAssembly', () => {
    expect(run('--jitless')).toMatchObject({ name: 'DeviceError', message: /got an engine without it/ });
  });

  it('runs on one thread, with one warning, if Node must not start workers', () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
    const { sum, threads, stderr } = run(flag, '--allow-fs-read=*');
    expect({ sum, threads }).toEqual({ sum: 180000, threads: 1 });
    expect(stderr.match(/cpu: expected worker threads to start/g)).toHaveLength(1);
    expect(stderr).toContain('ERR_ACCESS_DENIED');
  });
});
