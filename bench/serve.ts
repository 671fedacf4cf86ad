// The process that times antinode's workloads. It speaks the protocol of bench/peers. usage: serve.ts THREADS DEVICE
import { type device as currentDevice, manualSeed, scope, setDevice, setThreads } from 'antinode';
import { serve } from './peers/serve.mjs';
import { workloads } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

const [threads, device] = process.argv.slice(2);
setThreads(Number(threads));
setDevice(device as ReturnType<typeof currentDevice>);
manualSeed(0);

/** Runs a step in a scope of its own, as a training loop does; queued work is waited for by reading the result. */
function timed({ make }: Workload): () => unknown {
  const step = make();
  const synchronous = device === 'cpu' || device === 'reference';
  return () =>
    scope(() => {
      const result = step();
      return synchronous ? undefined : result?.data().then(() => undefined);
    });
}

await serve(
  { peer: 'antinode', version: process.version, threads: Number(threads) },
  Object.fromEntries(workloads.map((workload) => [workload.name, () => timed(workload)])),
);
process.exit(0);
