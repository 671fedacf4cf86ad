import { AntinodeError, expected } from '../../errors.js';
import type { Backend } from '../backend.js';
import { backendOf } from '../device.js';
import { expectFunction } from '../expect.js';
import { optional, text } from '../option-kinds.js';
import { type OptionTable, resolveOptions } from '../options.js';
import { measureMethods } from './measured-methods.js';
import { Profile } from './profile-result.js';
import { Recording, recordingOfTask } from './recording.js';

/** Options of `profile`. */
export interface ProfileOptions {
  /** The device to measure. Default: the current one. */
  readonly device?: string;
}

const options: OptionTable<ProfileOptions> = { device: optional(text()) };

let isRecording = false;

/** Runs `body` and returns its profile; `profile` documents it. */
export async function recordProfile<R>(body: () => R, given?: ProfileOptions): Promise<Profile<Awaited<R>>> {
  expectFunction('profile', 'a function', body);
  const backend = backendOf(resolveOptions('profile', options, given).device);
  // work that was queued before is not part of the profile
  await backend.synchronize?.();
  if (isRecording) throw new AntinodeError(expected('profile', 'the profile being made to end first', 'another one'));
  const restore = measureMethods(backend);
  isRecording = true;
  const recording = new Recording();
  let result: Awaited<R>;
  try {
    result = await recordingOfTask.run('profile', recording, () => complete(body, backend));
  } finally {
    recording.close();
    restore();
    isRecording = false;
  }
  return new Profile(result, backend, recording);
}

async function complete<R>(body: () => R, backend: Backend): Promise<Awaited<R>> {
  const returned = body();
  const result = (returned instanceof Promise ? await returned : returned) as Awaited<R>;
  if (backend.synchronize) await backend.synchronize();
  return result;
}
