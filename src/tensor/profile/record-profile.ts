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
  const { recording, end } = begin('profile', backend);
  let result: Awaited<R>;
  try {
    result = await recordingOfTask.run('profile', recording, () => complete(body, backend));
  } finally {
    end();
  }
  return new Profile(result, backend, recording);
}

/**
 * Calls `body`, which must be synchronous, with the recording to which the calls of primitives are added meanwhile. `op`
 * is the operation that needs them.
 * @throws AntinodeError while a profile is being made.
 */
export function recordCalls<R>(op: string, backend: Backend, body: (recording: Recording) => R): R {
  const { recording, end } = begin(op, backend);
  try {
    return recordingOfTask.run(op, recording, () => body(recording));
  } finally {
    end();
  }
}

function begin(op: string, backend: Backend): { recording: Recording; end: () => void } {
  if (isRecording) throw new AntinodeError(expected(op, 'the profile being made to end first', 'another one'));
  const restore = measureMethods(backend);
  isRecording = true;
  const recording = new Recording();
  const end = () => {
    recording.close();
    restore();
    isRecording = false;
  };
  return { recording, end };
}

async function complete<R>(body: () => R, backend: Backend): Promise<Awaited<R>> {
  const returned = body();
  const result = (returned instanceof Promise ? await returned : returned) as Awaited<R>;
  if (backend.synchronize) await backend.synchronize();
  return result;
}
