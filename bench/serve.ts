// The process that times antinode's workloads, with the protocol of bench/peers. usage: serve.ts THREADS DEVICE
import { device, manualSeed, scope, setDevice, setThreads } from 'antinode';
import { send, serve } from './peers/serve.mjs';
import { workloads } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

const [threads, name] = process.argv.slice(2);
setThreads(Number(threads));
try {
  await setDevice(name);
} catch (error) {
  send({ missing: (error as Error).message });
  process.exit(0);
}
manualSeed(0);

/** Runs each step in its own scope, as a training loop does, and waits for the work that the device has queued. */
function timed({ make }: Workload): () => unknown {
  const step = make();
  const queues = name !== 'cpu' && name !== 'reference';
  return () => {
    scope(() => {
      step();
    });
    return queues ? device.synchronize() : undefined;
  };
}

await serve(
  { peer: 'antinode', version: process.version, threads: Number(threads), note: device.info().description },
  Object.fromEntries(workloads.map((workload) => [workload.name, () => timed(workload)])),
  device.counters,
);
process.exit(0);
