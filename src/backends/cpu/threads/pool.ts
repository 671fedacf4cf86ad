import { isNode } from '../../../platform.js';
import { mostThreads, states, type Task, type WorkerData, words } from './control.js';
import { startWorker } from './start-worker.js';

/** How many milliseconds an idle worker looks for work before it parks: waking it takes about as long. */
const spin = 0.15;

/**
 * How many times the calling thread checks whether the workers are done before it parks; a check takes about a
 * nanosecond.
 */
const patience = 20_000;

/**
 * The worker threads, and the jobs that they share with the calling thread. A job is a number of tasks that any thread
 * may claim; the calling thread claims too and never waits for workers that have not started.
 */
export class Pool {
  readonly #data: Omit<WorkerData, 'thread' | 'spin'>;
  readonly #words: Int32Array;
  #threads = 1;
  #warned = false;

  /** @param control pointer to the control block in `memory`, which must be shared; the block must contain zeros */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, control: number) {
    this.#data = { module, memory, control };
    this.#words = new Int32Array(memory.buffer, control, words.LENGTH);
  }

  /** All thread numbers are below this; the calling thread has number 0. */
  get threads(): number {
    return this.#threads;
  }

  /** Threads that take part, including the calling one; a worker counts from when it is started unless that fails. */
  get participants(): number {
    return 1 + this.#countStates(states.STARTING, states.RUNNING);
  }

  /** The number of workers that run. */
  get running(): number {
    return this.#countStates(states.RUNNING);
  }

  /**
   * Starts or ends workers until `threads` threads take part, or fewer where workers fail to start. Must not be called
   * during a job.
   */
  resize(threads: number): void {
    const wanted = Math.min(threads, mostThreads);
    this.#threads = wanted;
    for (let thread = 1; thread < mostThreads; thread++) {
      if (thread < wanted) this.#start(thread);
      else this.#tellToStop(thread);
    }
    this.#leaveOutFailed();
    Atomics.add(this.#words, words.GENERATION, 1);
    Atomics.notify(this.#words, words.GENERATION);
    // A worker whose number is out of range must not claim another task.
    for (let thread = this.#threads; thread < mostThreads; thread++) {
      while (Atomics.load(this.#words, words.STATES + thread) === states.STOPPING);
    }
  }

  /**
   * Runs tasks 0 to `count` - 1 of kernel number `kernel` with the arguments at pointer `args`. The calling thread runs
   * the kernel as `task`. If a task throws, rethrows its error after all threads have finished the job.
   */
  run(kernel: number, task: Task, args: number, count: number): void {
    const control = this.#words;
    control[words.KERNEL] = kernel;
    control[words.ARGS] = args;
    control[words.COUNT] = count;
    control[words.DONE] = 0;
    Atomics.store(control, words.REMAINING, count);
    Atomics.add(control, words.GENERATION, 1);
    if (Atomics.load(control, words.PARKED) > 0) Atomics.notify(control, words.GENERATION, count - 1);
    let failure: unknown;
    for (;;) {
      const left = Atomics.load(control, words.REMAINING);
      if (left === 0) break;
      if (Atomics.compareExchange(control, words.REMAINING, left, left - 1) !== left) continue;
      try {
        task(args, count - left, 0);
      } catch (error) {
        failure = error;
        Atomics.add(control, words.DONE, Atomics.exchange(control, words.REMAINING, 0));
      }
      Atomics.add(control, words.DONE, 1);
    }
    if (Atomics.load(control, words.DONE) !== count) this.#wait(count);
    if (Atomics.load(control, words.FAILED) === 1) failure ??= this.#trap();
    if (failure !== undefined) throw failure;
  }

  #wait(count: number): void {
    const control = this.#words;
    for (let turn = 0; turn < patience; turn++) {
      if (Atomics.load(control, words.DONE) === count) return;
    }
    if (!mayBlock) {
      while (Atomics.load(control, words.DONE) !== count);
      return;
    }
    Atomics.store(control, words.WAITING, 1);
    for (let done = Atomics.load(control, words.DONE); done !== count; done = Atomics.load(control, words.DONE)) {
      Atomics.wait(control, words.DONE, done);
    }
    Atomics.store(control, words.WAITING, 0);
  }

  /** Returns the error of a worker and clears the flag that reports it. */
  #trap(): Error {
    const start = this.#data.control + 4 * words.MESSAGE;
    const text = new Uint8Array(this.#data.memory.buffer, start, this.#words[words.MESSAGE_LENGTH]);
    Atomics.store(this.#words, words.FAILED, 0);
    // TextDecoder does not accept shared memory
    return new Error(new TextDecoder().decode(text.slice()));
  }

  #start(thread: number): void {
    const at = words.STATES + thread;
    Atomics.compareExchange(this.#words, at, states.CANCELLED, states.STARTING);
    if (Atomics.compareExchange(this.#words, at, states.FREE, states.STARTING) !== states.FREE) return;
    try {
      startWorker({ ...this.#data, thread, spin }, (reason) => this.#fail(thread, reason));
    } catch (error) {
      this.#fail(thread, error);
    }
  }

  /** Records that a worker did not start, so that no other is started in its place, and warns the first time. */
  #fail(thread: number, reason: unknown): void {
    const at = words.STATES + thread;
    Atomics.compareExchange(this.#words, at, states.STARTING, states.FAILED);
    Atomics.compareExchange(this.#words, at, states.CANCELLED, states.FAILED);
    this.#leaveOutFailed();
    if (this.#warned) return;
    this.#warned = true;
    const text = 'cpu: expected worker threads to start (device.info().threads is the number that take part), got';
    console.warn(text, reason);
  }

  /** Lowers the bound of thread numbers past workers that failed to start. */
  #leaveOutFailed(): void {
    while (this.#threads > 1 && this.#words[words.STATES + this.#threads - 1] === states.FAILED) this.#threads--;
  }

  #countStates(...counted: readonly number[]): number {
    const workers = this.#words.subarray(words.STATES + 1, words.STATES + this.#threads);
    return workers.filter((state) => counted.includes(state)).length;
  }

  #tellToStop(thread: number): void {
    const at = words.STATES + thread;
    Atomics.compareExchange(this.#words, at, states.STARTING, states.CANCELLED);
    Atomics.compareExchange(this.#words, at, states.RUNNING, states.STOPPING);
  }
}

/** Browsers do not allow their main thread to block. */
const mayBlock = isNode || typeof (globalThis as { document?: unknown }).document === 'undefined';
