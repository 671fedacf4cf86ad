// One thread of bench/roofline.ts. Runs the same loops as the other threads at the same time and reports when each run
// began and ended, in milliseconds, by a clock that all threads share.
import { parentPort, workerData } from 'node:worker_threads';

const { arithmetic, streaming, memory, gate, index, threads, iterations, floats, rounds } = workerData;
const barrier = new Int32Array(gate);
let passed = 0;

/** Waits until every thread arrives. Spins, so that all continue at once. */
function meet() {
  passed++;
  Atomics.add(barrier, 0, 1);
  while (Atomics.load(barrier, 0) < passed * threads);
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

function time(run) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    meet();
    const start = now();
    run();
    times.push([start, now()]);
  }
  return times;
}

const load = (module) => new WebAssembly.Instance(module, { env: { memory } }).exports;
const results = {};
for (const [name, module] of Object.entries(arithmetic)) {
  const { chains, product } = load(module);
  results[`${name} chains`] = time(() => chains(iterations, 1, 8192 + 512 * index));
  if (product) results[`${name} product`] = time(() => product(iterations, 1024));
}
const { stream } = load(streaming);
const share = Math.floor(floats / threads / 16) * 16;
const x = 65536 + index * share * 4;
const y = x + floats * 4;
results.bandwidth = time(() => stream(x, y, share, 0.5));
parentPort.postMessage(results);
