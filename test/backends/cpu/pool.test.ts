import { afterEach, describe, expect, it } from 'vitest';
import { CpuRuntime, type RuntimeOptions } from '../../../src/backends/cpu/runtime.js';
import type { Task } from '../../../src/backends/cpu/threads/control.js';
import { Pool } from '../../../src/backends/cpu/threads/pool.js';
import { startWorker, type WorkerThread } from '../../../src/backends/cpu/threads/start-worker.js';
import { DeviceError } from '../../../src/errors.js';
import { countOrHang, countTask, trapInTask, trapOnWorkers } from '../../helpers/wasm.js';

let engine: CpuRuntime;
const start = (options: Partial<RuntimeOptions> = {}) => {
  engine = new CpuRuntime({ threads: 3, mostPages: 4096, ...options });
  return engine;
};
afterEach(() => engine.resize(1));

/** Waits until `done` returns true. */
async function until(done: () => boolean) {
  // call it once per turn, because it need not return true a second time
  for (let turn = 0; turn < 2000; turn++) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect.fail('waited in vain');
}

/** How often each task of a job ran. */
function counts(kernel: number, tasks: number, jobs = 1): number[] {
  const pointer = engine.allocate(4 * tasks);
  engine.i32.fill(0, pointer / 4, pointer / 4 + tasks);
  for (let job = 0; job < jobs; job++) engine.run(kernel, [pointer], tasks);
  const result = Array.from(engine.i32.subarray(pointer / 4, pointer / 4 + tasks));
  engine.free(pointer);
  return result;
}

describe('the pool', () => {
  it('runs every task once, before and after its workers have started', async () => {
    start();
    const count = engine.load(countTask);
    for (const tasks of [0, 1, 2, 3, 7, 1000]) expect(counts(count, tasks)).toEqual(Array(tasks).fill(1));
    await until(() => engine.workers === 2);
    for (const tasks of [1, 2, 3, 7, 1000]) expect(counts(count, tasks)).toEqual(Array(tasks).fill(1));
  });

  it('runs many small jobs in a row, with pauses in which workers park', async () => {
    start();
    const count = engine.load(countTask);
    await until(() => engine.workers === 2);
    for (let round = 0; round < 20; round++) {
      for (const tasks of [2, 3, 5]) expect(counts(count, tasks, 500)).toEqual(Array(tasks).fill(500));
      await new Promise((resolve) => setTimeout(resolve, round % 3));
    }
  });

  it('passes workers modules that are loaded while they are parked, and memory added later', async () => {
    start({ threads: 2 });
    await until(() => engine.workers === 1);
    const kernels = Array.from({ length: 300 }, () => engine.load(countTask));
    const large = engine.allocate(150 * 2 ** 20);
    const late = engine.load(countTask);
    const pointer = engine.allocate(64);
    expect(pointer).toBeGreaterThan(large);
    for (const kernel of [...kernels, late]) expect(counts(kernel, 4)).toEqual([1, 1, 1, 1]);
    expect(counts(late, 1000, 50)).toEqual(Array(1000).fill(50));
  });

  it('changes its size between jobs', async () => {
    start({ threads: 1 });
    const count = engine.load(countTask);
    expect(engine.workers).toBe(0);
    for (const threads of [4, 2, 3, 1, 2, 1, 4, 1]) {
      engine.resize(threads);
      expect(engine.threads).toBe(threads);
      expect(counts(count, 50, 20)).toEqual(Array(50).fill(20));
    }
    engine.resize(4);
    await until(() => engine.workers === 3);
    engine.resize(2);
    expect(engine.workers).toBe(1);
    expect(counts(count, 50, 20)).toEqual(Array(50).fill(20));
    engine.resize(3);
    await until(() => engine.workers === 2);
  });

  it('turns a trap in any thread into an error, and continues', async () => {
    start();
    const trap = engine.load(trapInTask);
    const named = engine.load(trapInTask, { label: 'the kernel of this test' });
    expect(() => engine.run(named, [0], 9)).toThrow('cpu: the kernel of this test failed: unreachable');
    const onWorkers = engine.load(trapOnWorkers);
    const count = engine.load(countTask);
    for (let round = 0; round < 2; round++) {
      for (const task of [0, 1, 499]) {
        expect(() => engine.run(trap, [task], 500)).toThrow(DeviceError);
        expect(() => engine.run(trap, [task], 500)).toThrow(/kernel \d+ failed: .*unreachable/);
      }
      expect(() => engine.run(trap, [0], 1)).toThrow(/unreachable/);
      engine.run(trap, [-1], 500);
      expect(counts(count, 9)).toEqual(Array(9).fill(1));
      await until(() => engine.workers === 2);
    }
    // eventually a worker gets one of the tasks
    await until(() => {
      try {
        engine.run(onWorkers, [], 100_000);
        return false;
      } catch (error) {
        expect((error as Error).message).toMatch(/unreachable/);
        return true;
      }
    });
    expect(counts(count, 9)).toEqual(Array(9).fill(1));
  });

  it('works without shared memory, on one thread', () => {
    start({ sharedMemory: false, threads: 4 });
    expect(engine.threads).toBe(1);
    expect(engine.memory.buffer).toBeInstanceOf(ArrayBuffer);
    const count = engine.load(countTask);
    engine.allocate(100 * 2 ** 20);
    expect(counts(count, 9, 3)).toEqual(Array(9).fill(3));
    engine.resize(2);
    expect(engine.threads).toBe(1);
  });

  it('names kernels that do not exist and modules without a kernel', () => {
    start({ threads: 1 });
    expect(() => engine.run('nothing', [], 1)).toThrow("cpu: expected the name of a kernel, got 'nothing'");
    expect(() => engine.load(new Uint8Array(4))).toThrow(/WebAssembly/);
    expect(() => engine.load(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toThrow(/export `run`/);
    expect(() => engine.run(0, new Array(2000).fill(0), 1)).toThrow(/at most 1024 arguments/);
  });
});

describe('a worker that ends', () => {
  /** A pool of two threads with `countOrHang`, its words for [pointer, whether to hang, whether it hangs], its worker. */
  function lonePool() {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
    const module = new WebAssembly.Module(countOrHang);
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const workers: WorkerThread[] = [];
    const pool = new Pool([module], memory, 1024, (data, events) => {
      const worker = startWorker(data, events);
      workers.push(worker);
      return worker;
    });
    const [args, counters] = [65536, 2 * 65536];
    const given = new Int32Array(memory.buffer, args, 3);
    const counted = new Int32Array(memory.buffer, counters, 100);
    given[0] = counters;
    const count = exports.run as Task;
    pool.resize(2);
    return { pool, workers, given, counted, args, count };
  }

  it('inside of a task gives an error and is replaced', async () => {
    const { pool, workers, given, counted, args, count } = lonePool();
    for (let round = 0; round < 3; round++) {
      await until(() => pool.running === 1);
      counted.fill(0);
      pool.run(0, count, args, 100);
      expect(counted.every((n) => n === 1)).toBe(true);
      given.set([1, 0], 1);
      const endWorker: Task = () => {
        while (Atomics.load(given, 2) === 0);
        workers[round].end();
      };
      expect(() => pool.run(0, endWorker, args, 2)).toThrow('a worker thread ended during the job');
      given[1] = 0;
      expect(workers).toHaveLength(round + 2);
    }
    await until(() => pool.running === 1);
    counted.fill(0);
    for (let job = 0; job < 50; job++) pool.run(0, count, args, 100);
    expect(counted.every((n) => n === 50)).toBe(true);
    pool.resize(1);
  });

  it('is not mistaken for one that runs while the program has not returned to its event loop', () => {
    const { pool, workers } = lonePool();
    while (pool.running < 1);
    expect(workers[0].hasEnded()).toBe(null);
    pool.resize(1);
  });

  it('between jobs is replaced', async () => {
    const { pool, workers, counted, args, count } = lonePool();
    await until(() => pool.running === 1);
    workers[0].end();
    // with and without the event that reports it
    pool.run(0, count, args, 100);
    await until(() => workers.length === 2 && pool.running === 1);
    pool.run(0, count, args, 100);
    expect(counted.every((n) => n === 2)).toBe(true);
    pool.resize(1);
  });

  it('before it does what it was asked to do does not stop the pool', async () => {
    const { pool, workers } = lonePool();
    await until(() => pool.running === 1);
    workers[0].end();
    pool.resize(1);
    pool.resize(2);
    await until(() => pool.running === 1);
    pool.resize(1);
  });
});
