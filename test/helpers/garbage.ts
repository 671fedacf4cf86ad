import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Frees the garbage of earlier tests, so that only the current test changes what `memory` reports. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // the engine runs finalizers in separate tasks, which may create more garbage
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resume) => setTimeout(resume, 5));
  }
}
