// The protocol of the processes that time workloads: requests and answers are JSON, one per line.
// Request {workload, warmup, measure, most}, times in milliseconds; answer {workload, ms: [..], cpu, work?} or
// {workload, unsupported}. cpu is the processor time of all threads of the process since the request, in
// milliseconds; work is what the device did for one step.
import { createInterface } from 'node:readline';

/** Writes one answer. */
export const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * Times steps until `span` ms have passed, at least `least` and at most `most` of them. After three seconds fewer than
 * `least` suffice.
 */
async function timed(step, least, span, most) {
  const times = [];
  const start = performance.now();
  const passed = () => performance.now() - start;
  while (times.length < most && (passed() < span || (times.length < least && passed() < 3000))) {
    const before = performance.now();
    await step();
    times.push(performance.now() - before);
  }
  return times;
}

/** How much counters grew per step. */
function perStep(earlier, later, steps) {
  if (!earlier || !later) return undefined;
  return Object.fromEntries(Object.keys(later).map((name) => [name, (later[name] - earlier[name]) / steps]));
}

/**
 * Answers requests until stdin ends.
 *
 * @param hello the first line to write: {peer, version, threads, note?}
 * @param workloads name -> function that prepares the data and returns the step; a step may be asynchronous
 * @param counters returns what the device has done so far, as an object of numbers; undefined if it does not count
 */
export async function serve(hello, workloads, counters = async () => undefined) {
  send(hello);
  let current;
  for await (const line of createInterface({ input: process.stdin })) {
    const { workload, warmup, measure, most } = JSON.parse(line);
    const before = process.cpuUsage();
    const used = () => {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    try {
      const make = workloads[workload];
      if (!make) throw new Error(`not written for ${hello.peer}`);
      if (current?.name !== workload) {
        current = undefined;
        const step = await make();
        await timed(step, 2, warmup, 1000);
        current = { name: workload, step };
      }
      const earlier = await counters();
      const ms = await timed(current.step, 3, measure, most);
      send({ workload, ms, cpu: used(), work: perStep(earlier, await counters(), ms.length) });
    } catch (error) {
      send({ workload, unsupported: error.message.split('\n')[0] });
    }
  }
}

/** Imports a package, or reports on stdout that it is missing and ends the process. */
export async function load(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    send({ missing: `${name} is not installed: npm ci --ignore-scripts --prefix bench/peers` });
    process.exit(0);
  }
}

// Only answers may go to stdout.
console.log = console.info = console.warn = console.error;
