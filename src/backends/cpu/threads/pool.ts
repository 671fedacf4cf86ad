import { isNode } from '../../../platform.js';
import { busyStride, mostThreads, type Task, type WorkerData } from './control.js';
import * as words from './control-words.js';
import { startWorker, type WorkerThread } from './start-worker.js';
import * as states from './thread-states.js';
import { checkEvery, Watch } from './watch.js';

/** Milliseconds that an idle worker looks for work without a pause, and then with naps in between, before it parks. */
const idle = { spin: 0.15, naps: 50 } as const;

/**
 * How many times the calling thread checks whether the workers are done before it parks; a check takes about a
 * nanosecond.
 */
const patience = 20_000;

/** Milliseconds without progress after which a worker counts as ended if the engine does not report it. */
const lostAfter = 60_000;

/**
 * The worker threads, and the jobs that they share with the calling thread. A job is a number of tasks that any thread
 * may claim; the calling thread claims too and never waits for workers that have not started.
 */
export class Pool {
  #data: Omit<WorkerData, 'thread' | keyof typeof idle>;
  readonly #words: Int32Array;
  readonly #start: typeof startWorker;
  /** The workers by thread number. */
  readonly #workers = new Map<number, WorkerThread>();
  #threads = 1;
  #warned = false;

  /**
   * @param modules the compiled kernels
   * @param control pointer to the control block in `memory`, which must be shared; the block must contain zeros
   * @param start starts a worker
   */
  constructor(
    modules: readonly WebAssembly.Module[],
    memory: WebAssembly.Memory,
    control: number,
    start = startWorker,
  ) {
    this.#data = { modules, memory, control };
    this.#start = start;
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
      if (thread < wanted) this.#startThread(thread);
      else this.#tellToStop(thread);
    }
    this.#leaveOutFailed();
    Atomics.add(this.#words, words.GENERATION, 1);
    Atomics.notify(this.#words, words.GENERATION);
    // A worker whose number is out of range must not claim another task.
    for (let thread = this.#threads; thread < mostThreads; thread++) {
      const watch = new Watch();
      while (Atomics.load(this.#words, words.STATES + thread) === states.STOPPING) {
        if (watch.isDue() && this.#isLost(thread, watch)) this.#forget(thread);
      }
    }
  }

  /** Starts all workers anew with other kernels. Must not be called during a job. */
  replaceModules(modules: readonly WebAssembly.Module[]): void {
    const threads = this.#threads;
    this.resize(1);
    for (const thread of [...this.#workers.keys()]) this.#forget(thread);
    this.#data = { ...this.#data, modules };
    this.resize(threads);
  }

  /**
   * Runs tasks 0 to `count` - 1 of kernel number `kernel` with the arguments at pointer `args`. The calling thread runs
   * the kernel as `task`. If a task throws, rethrows its error after all threads have finished the job. If a worker
   * ends during the job, throws an error and starts another worker.
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
    if (Atomics.load(control, words.DONE) !== count && !this.#wait(count)) {
      failure ??= new Error('a worker thread ended during the job');
    }
    if (Atomics.load(control, words.FAILED) === 1) failure ??= this.#trap();
    if (failure !== undefined) throw failure;
  }

  /** Waits until all tasks are done and returns true, or returns false if a worker that had one has ended. */
  #wait(count: number): boolean {
    const control = this.#words;
    for (let turn = 0; turn < patience; turn++) {
      if (Atomics.load(control, words.DONE) === count) return true;
    }
    const watch = new Watch();
    Atomics.store(control, words.WAITING, 1);
    try {
      for (let done = Atomics.load(control, words.DONE); done !== count; done = Atomics.load(control, words.DONE)) {
        if (mayBlock) Atomics.wait(control, words.DONE, done, checkEvery);
        if (watch.isDue(done) && this.#replaceLost(watch)) return false;
      }
      return true;
    } finally {
      Atomics.store(control, words.WAITING, 0);
    }
  }

  /**
   * Starts another worker for each one that has ended. Returns true if one of them had a task and the others have
   * finished theirs.
   */
  #replaceLost(watch: Watch): boolean {
    const threads = [...this.#workers.keys()];
    const isBusy = (thread: number) => Atomics.load(this.#words, busyWord(thread)) === 1;
    const lost = threads.filter((thread) => this.#isLost(thread, watch));
    if (!lost.some(isBusy) || threads.some((thread) => isBusy(thread) && !lost.includes(thread))) return false;
    for (const thread of lost) this.#replace(thread);
    return true;
  }

  #isLost(thread: number, watch: Watch): boolean {
    const state = Atomics.load(this.#words, words.STATES + thread);
    const isNeeded = state === states.STOPPING || Atomics.load(this.#words, busyWord(thread)) === 1;
    if (state !== states.RUNNING && state !== states.STOPPING) return false;
    return this.#workers.get(thread)?.hasEnded() ?? (isNeeded && watch.stalled > lostAfter);
  }

  #replace(thread: number): void {
    this.#forget(thread);
    if (thread < this.#threads) this.#startThread(thread);
  }

  /** Frees the number of a worker that has ended. */
  #forget(thread: number): void {
    this.#workers.get(thread)?.end();
    this.#workers.delete(thread);
    Atomics.store(this.#words, busyWord(thread), 0);
    Atomics.store(this.#words, words.STATES + thread, states.FREE);
  }

  /** Returns the error of a worker and clears the flag that reports it. */
  #trap(): Error {
    const start = this.#data.control + 4 * words.MESSAGE;
    const text = new Uint8Array(this.#data.memory.buffer, start, this.#words[words.MESSAGE_LENGTH]);
    Atomics.store(this.#words, words.FAILED, 0);
    // TextDecoder does not accept shared memory
    return new Error(new TextDecoder().decode(text.slice()));
  }

  #startThread(thread: number): void {
    const at = words.STATES + thread;
    Atomics.compareExchange(this.#words, at, states.CANCELLED, states.STARTING);
    if (Atomics.compareExchange(this.#words, at, states.FREE, states.STARTING) !== states.FREE) return;
    try {
      const isOurs = () => this.#workers.get(thread) === worker;
      const worker = this.#start(
        { ...this.#data, ...idle, thread },
        {
          failed: (reason) => isOurs() && this.#fail(thread, reason),
          ended: () => {
            // a worker that runs ends only by force; one that was asked to end has set another state
            if (isOurs() && Atomics.load(this.#words, at) === states.RUNNING) this.#replace(thread);
            else if (isOurs()) this.#workers.delete(thread);
          },
        },
      );
      this.#workers.set(thread, worker);
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
    // a worker that has started is replaced instead
    if (this.#warned || Atomics.load(this.#words, at) !== states.FAILED) return;
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

function busyWord(thread: number): number {
  return words.BUSY + busyStride * thread;
}
