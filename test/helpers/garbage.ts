import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Frees what earlier tests have lost, so that nothing but the present one changes what `memory` reports. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // the engine tells of what it has collected in a turn of its own, which may lose more
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resume) => setTimeout(resume, 5));
  }
}
