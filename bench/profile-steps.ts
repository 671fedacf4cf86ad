// The process that profiles the steps of a workload; writes their medians as JSON. It is not the one that measures the
// limits of the machine, whose settings of the engine would affect it.
// usage: profile-steps.ts WORKLOAD THREADS DEVICE [TRACE]
import { device, io, manualSeed, type Profile, profile, scope, setDevice, setThreads } from 'antinode';
import { medianProfile, middleOf } from './profile-report.js';
import { workloadsByName } from './workloads/index.js';

/** Milliseconds to warm up and to measure, and the fewest and most steps of each. */
const budget = { warmup: 1000, measure: 3000, fewest: 5, most: 100 };

/** Profiles steps one by one, after others that warm up, each in its own scope as in a training loop. */
async function profileSteps(step: () => unknown): Promise<Profile[]> {
  const run = () =>
    scope(() => {
      step();
    });
  const timer = () => {
    const start = performance.now();
    return (ms: number) => performance.now() - start > ms;
  };
  const isWarm = timer();
  for (let steps = 0; steps < budget.fewest || !isWarm(budget.warmup); steps++) {
    run();
    await device.synchronize();
  }
  const profiles: Profile[] = [];
  const isOver = timer();
  while (profiles.length < budget.fewest || (profiles.length < budget.most && !isOver(budget.measure))) {
    profiles.push(await profile(run));
  }
  return profiles;
}

const [name, threads, deviceName, trace] = process.argv.slice(2);
const workload = workloadsByName.get(name);
if (workload === undefined) throw new Error(`expected a workload, got ${name}`);
setThreads(Number(threads));
await setDevice(deviceName);
manualSeed(0);
const profiles = await profileSteps(workload.make());
if (trace !== undefined) await io.writeAtomically(trace, middleOf(profiles).toChromeTrace());
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ ...medianProfile(profiles), cpu: (user + system) / 1000 }), () =>
  process.exit(0),
);
