import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { profileLines, type StepProfile } from './profile-report.js';
import { tolerable, watched } from './quiet.js';
import { describeRoofline, measureRoofline } from './roofline.js';

/** How to profile a workload. */
export interface ProfileSetup {
  threads: number;
  device: string;
  /** Whether to measure the limits of the machine and compare with them. */
  roofline: boolean;
  /** Where to write the Chrome trace of a step. */
  trace?: string;
}

/** The most rows of the table of shapes. */
const mostRows = 30;

/** Profiles a workload in a process of its own. */
async function profileSteps(
  workload: string,
  { threads, device, trace }: ProfileSetup,
): Promise<StepProfile & { cpu: number }> {
  const script = fileURLToPath(new URL('./profile-steps.ts', import.meta.url));
  const args = [
    ...process.execArgv,
    script,
    workload,
    String(threads),
    device,
    ...(trace === undefined ? [] : [trace]),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout);
}

/** Profiles a workload, prints where the time of a step goes, and writes the trace of the step of median time. */
export async function profileWorkload(workload: string, setup: ProfileSetup): Promise<void> {
  const { threads, device, trace } = setup;
  // before the run, so that a path that cannot be written does not waste it
  if (trace !== undefined) writeFileSync(trace, '');
  const limits =
    setup.roofline && device === 'cpu'
      ? await watched(async () => ({ roofline: await measureRoofline(threads), cpu: 0 }))
      : undefined;
  const roofline = limits?.result.roofline;
  const { result, others } = await watched(() => profileSteps(workload, setup));
  console.log(
    `${workload} on ${device}, ${threads} threads, Node ${process.version}: medians of ${result.steps} steps\n`,
  );
  console.log(profileLines(result.ops, result, roofline).join('\n'));
  console.log(`\n${profileLines(result.rows, result, roofline, mostRows).join('\n')}`);
  if (result.queued) {
    console.log('\nThe device queues work: times are those of queueing it; synchronize waits until it is done.');
  }
  const disturbed = Math.max(others, limits?.others ?? 0);
  if (disturbed > tolerable) {
    console.log(
      `\n! other programs used up to ${Math.round(100 * disturbed)}% of the processors; do not compare the times`,
    );
  }
  if (roofline) {
    console.log('\nlimit: the least time that the machine allows for the work, in per cent of the');
    console.log('time. Convolutions count in full, though Winograd does fewer operations, and');
    console.log('data that stays in the caches exceeds the limit of the memory.\n');
    console.log(describeRoofline(roofline).join('\n'));
  }
  if (trace !== undefined) console.log(`\ntrace of a step, for chrome://tracing and ui.perfetto.dev: ${trace}`);
}
