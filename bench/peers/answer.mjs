// Times workloads on request, in Node and in pages. Request {workload, warmup, measure, most}, times in milliseconds;
// answer {workload, ms: [..], work?} or {workload, unsupported}. work is what the device did for one step.

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
 * Returns a function from requests to promises of answers. It keeps the workload that it has timed last.
 *
 * @param peer the name of the framework
 * @param workloads name -> function that prepares the data and returns the step; a step may be asynchronous
 * @param counters returns what the device has done so far, as an object of numbers; undefined if it does not count
 */
export function answering(peer, workloads, counters = async () => undefined) {
  let current;
  return async ({ workload, warmup, measure, most }) => {
    try {
      const make = workloads[workload];
      if (!make) throw new Error(`not written for ${peer}`);
      if (current?.name !== workload) {
        current = undefined;
        const step = await make();
        await timed(step, 2, warmup, 1000);
        current = { name: workload, step };
      }
      const earlier = await counters();
      const ms = await timed(current.step, 3, measure, most);
      return { workload, ms, work: perStep(earlier, await counters(), ms.length) };
    } catch (error) {
      return { workload, unsupported: error.message.split('\n')[0] };
    }
  };
}
