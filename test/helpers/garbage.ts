import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects garbage without letting finalizers run. */
export const collectNow = runInNewContext('gc') as () => void;

/** Frees the garbage of earlier tests, so that only the current test changes what `memory` reports. */
export async function collectGarbage(): Promise<void> {
  // the engine runs finalizers in separate tasks, which may create more garbage
  for (let turn = 0; turn < 3; turn++) {
    collectNow();
    await new Promise((resume) => setTimeout(resume, 5));
  }
}
