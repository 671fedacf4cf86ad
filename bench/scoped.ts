import { device, scope } from 'antinode';
import { workloadsByName } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

/** Runs each step in its own scope, as a training loop does, and waits for the work that the device has queued. */
function timed({ make }: Workload, queues: boolean): () => unknown {
  const step = make();
  return () => {
    scope(() => {
      step();
    });
    return queues ? device.synchronize() : undefined;
  };
}

/** Functions that prepare antinode's workloads on a device and return their steps, by name. */
export function scopedWorkloads(deviceName: string): Record<string, () => () => unknown> {
  const queues = deviceName !== 'cpu' && deviceName !== 'reference';
  return Object.fromEntries([...workloadsByName].map(([name, workload]) => [name, () => timed(workload, queues)]));
}
