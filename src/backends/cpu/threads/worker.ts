import { messageBytes, states, words } from './control.js';

/**
 * Source of a worker thread, as a script for node:worker_threads (`eval`) or a Blob. Its data are
 * `{ module, memory, control, thread, spin }`: the compiled kernels, the shared memory, the control block's pointer, the
 * thread's number and for how many milliseconds it looks for more work before it parks.
 *
 * Claiming a task and reading what the job is come in this order, so that the job cannot change in between.
 */
export const workerSource = `'use strict';
const W = ${JSON.stringify(words)};
const S = ${JSON.stringify(states)};

function serve({ module, memory, control, thread, spin }) {
  const words = new Int32Array(memory.buffer, control, W.LENGTH);
  const state = W.STATES + thread;
  const kernels = new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports;
  const functions = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => kernels[name]);
  const builtin = functions.length;

  function load(kernel) {
    memory.grow(0); // lets this thread see memory that another one has added
    const [pointer, length] = new Int32Array(memory.buffer, words[W.TABLE] >>> 0).subarray(2 * (kernel - builtin));
    const bytes = new Uint8Array(memory.buffer, pointer >>> 0, length).slice();
    const imports = { env: { memory, abort() {} }, math: kernels };
    const { run } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
    functions[kernel] = run;
    return run;
  }

  function report(error) {
    if (Atomics.compareExchange(words, W.FAILED, 0, 1) !== 0) return;
    const text = new TextEncoder().encode(String((error && error.message) || error)).subarray(0, ${messageBytes});
    new Uint8Array(memory.buffer, control + 4 * W.MESSAGE, text.length).set(text);
    words[W.MESSAGE_LENGTH] = text.length;
  }

  function perform(claimed) {
    try {
      const kernel = words[W.KERNEL];
      (functions[kernel] || load(kernel))(words[W.ARGS], words[W.COUNT] - claimed, thread);
    } catch (error) {
      report(error);
    }
    Atomics.add(words, W.DONE, 1);
    if (Atomics.load(words, W.WAITING) === 1) Atomics.notify(words, W.DONE);
  }

  function park() {
    const generation = Atomics.load(words, W.GENERATION);
    Atomics.add(words, W.PARKED, 1);
    if (Atomics.load(words, W.REMAINING) === 0 && Atomics.load(words, state) === S.RUNNING) {
      Atomics.wait(words, W.GENERATION, generation);
    }
    Atomics.sub(words, W.PARKED, 1);
  }

  function work() {
    let deadline = 0;
    for (let turn = 1; ; turn++) {
      const left = Atomics.load(words, W.REMAINING);
      if (left > 0) {
        if (Atomics.compareExchange(words, W.REMAINING, left, left - 1) === left) {
          perform(left);
          deadline = 0;
        }
      } else if (Atomics.load(words, state) === S.STOPPING) {
        return Atomics.store(words, state, S.FREE);
      } else if (turn % 256 === 0) {
        const now = performance.now();
        if (deadline === 0) deadline = now + spin;
        else if (now > deadline) {
          park();
          deadline = 0;
        }
      }
    }
  }

  for (;;) {
    if (Atomics.compareExchange(words, state, S.STARTING, S.RUNNING) === S.STARTING) return work();
    if (Atomics.compareExchange(words, state, S.CANCELLED, S.FREE) === S.CANCELLED) return;
  }
}

if (typeof require === 'function') {
  serve(require('node:worker_threads').workerData);
} else {
  onmessage = ({ data }) => {
    serve(data);
    close();
  };
}
`;
