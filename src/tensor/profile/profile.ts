import type { Profile } from './profile-result.js';
import type { ProfileOptions } from './record-profile.js';

/**
 * Runs `body`, which may be asynchronous, and measures every primitive that a device runs for it: matrix products,
 * convolutions, formulas, copies, reads and so on, each with its time, shapes, bytes and floating-point operations. The
 * rest of the time was spent in JavaScript, such as checks of shapes and the recording of gradients. Run the same work
 * once before, so that compiling is not measured. Costs nothing while no profile is being made.
 *
 * The times of `cpu` and `reference` are those of the work. A GPU device queues work, so the time of a primitive there
 * is that of queueing it, and the time of the work appears where the program waits for it: in `read` and in
 * `synchronize`, the last of which is part of the profile.
 *
 * Tasks that `body` did not start are not measured; browsers cannot tell tasks apart, so there they are. Rejects with
 * what `body` throws, with ValueError for invalid arguments, with AntinodeError while another profile is being made,
 * and with DeviceError if the device has not started.
 *
 * @example
 * const measured = await profile(() => scope(() => trainStep(batch)));
 * console.log(measured.table({ by: 'op' }));
 */
export async function profile<R>(body: () => R, options?: ProfileOptions): Promise<Profile<Awaited<R>>> {
  const { recordProfile } = await import('./record-profile.js');
  return recordProfile(body, options);
}
