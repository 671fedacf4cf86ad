// The process that times antinode's workloads, with the protocol of bench/peers. usage: serve.ts THREADS DEVICE
import { device, manualSeed, setDevice, setThreads } from 'antinode';
import { send, serve } from './peers/serve.mjs';
import { scopedWorkloads } from './scoped.js';

const [threads, name] = process.argv.slice(2);
setThreads(Number(threads));
try {
  await setDevice(name);
} catch (error) {
  send({ missing: (error as Error).message });
  process.exit(0);
}
manualSeed(0);

const { description, fallback } = device.info();

await serve(
  {
    peer: 'antinode',
    version: process.version,
    threads: Number(threads),
    note: fallback ? `${description} (${fallback})` : description,
  },
  scopedWorkloads(name),
  device.counters,
);
process.exit(0);
