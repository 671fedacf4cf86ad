import { isNode, nodeModule } from '../../../platform.js';
import { busyStride, firstNumbers, messageBytes, type Task, type WorkerData } from './control.js';
import * as words from './control-words.js';
import * as states from './thread-states.js';

// The script of a worker thread. The build bundles it into worker.generated.ts, from which start-worker.ts starts
// workers. No other module imports it.

/** Milliseconds of the shortest sleep; the system adds about 50 microseconds. */
const shortest = 0.02;

/** Takes part in jobs until the calling thread asks it to stop. */
function serve({ modules, memory, control: controlAt, thread, spin, naps }: WorkerData): void {
  const control = new Int32Array(memory.buffer, controlAt, words.LENGTH);
  const state = words.STATES + thread;
  const busy = words.BUSY + busyStride * thread;
  const env = { memory, abort() {} };
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env }));
  /** Kernels by number, as in the calling thread. */
  const tasks: Task[] = [];
  instances.forEach(({ exports }, i) => {
    for (const [k, task] of Object.values(exports).entries()) tasks[i * firstNumbers.wide + k] = task as Task;
  });

  /** Compiles a kernel that the calling thread has loaded at run time. */
  function load(kernel: number): Task {
    memory.grow(0); // lets this thread see memory that another thread has added
    const table = new Int32Array(memory.buffer, control[words.TABLE] >>> 0);
    const [pointer, length] = table.subarray(2 * (kernel - firstNumbers.loaded));
    const bytes = new Uint8Array(memory.buffer, pointer >>> 0, length).slice();
    const imports = { env, math: instances[0].exports };
    const task = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports.run as Task;
    tasks[kernel] = task;
    return task;
  }

  /** Records the message of a trap, unless another thread has recorded one. */
  function report(error: unknown): void {
    if (Atomics.compareExchange(control, words.FAILED, 0, 1) !== 0) return;
    const message = (error as Error | null)?.message || error;
    const text = new TextEncoder().encode(String(message)).subarray(0, messageBytes);
    new Uint8Array(memory.buffer, controlAt + 4 * words.MESSAGE, text.length).set(text);
    control[words.MESSAGE_LENGTH] = text.length;
  }

  /**
   * Does a task that this thread has claimed. The job must be read after the claim, so that it cannot change in
   * between.
   */
  function perform(claimed: number): void {
    try {
      const kernel = control[words.KERNEL];
      (tasks[kernel] || load(kernel))(control[words.ARGS], control[words.COUNT] - claimed, thread);
    } catch (error) {
      report(error);
    }
    Atomics.add(control, words.DONE, 1);
    if (Atomics.load(control, words.WAITING) === 1) Atomics.notify(control, words.DONE);
  }

  /** Sleeps until there is another job. */
  function park(): void {
    const generation = Atomics.load(control, words.GENERATION);
    Atomics.add(control, words.PARKED, 1);
    if (Atomics.load(control, words.REMAINING) === 0 && Atomics.load(control, state) === states.RUNNING) {
      Atomics.wait(control, words.GENERATION, generation);
    }
    Atomics.sub(control, words.PARKED, 1);
  }

  /**
   * Sleeps for some tens of microseconds. A thread that wakes by itself stays on its processor; one that the calling
   * thread wakes is often moved to that thread's processor, where it has to wait if the others are busy.
   */
  function nap(): void {
    Atomics.wait(control, words.GENERATION, Atomics.load(control, words.GENERATION), shortest);
  }

  function work(): void {
    let deadline = 0;
    for (let turn = 1; ; turn++) {
      const left = Atomics.load(control, words.REMAINING);
      if (left > 0) {
        Atomics.store(control, busy, 1);
        if (Atomics.compareExchange(control, words.REMAINING, left, left - 1) === left) {
          perform(left);
          deadline = 0;
        }
        Atomics.store(control, busy, 0);
      } else if (Atomics.load(control, state) === states.STOPPING) {
        Atomics.store(control, state, states.FREE);
        return;
      } else if (turn % 256 === 0) {
        const now = performance.now();
        if (deadline === 0) deadline = now + spin;
        else if (now > deadline + naps) {
          park();
          deadline = 0;
        } else if (now > deadline) {
          nap();
          turn = 255;
        }
      }
    }
  }

  // between the two checks, the calling thread may cancel the start or undo the cancellation
  let found: number;
  do {
    if (Atomics.compareExchange(control, state, states.STARTING, states.RUNNING) === states.STARTING) {
      work();
      return;
    }
    found = Atomics.compareExchange(control, state, states.CANCELLED, states.FREE);
  } while (found === states.STARTING);
}

if (isNode) {
  // inside the event loop, because the calling thread detects by its clock whether this thread still exists
  setImmediate(() => serve(nodeModule('worker_threads').workerData));
} else {
  globalThis.onmessage = ({ data }: MessageEvent<WorkerData>) => {
    serve(data);
    close();
  };
}
