import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';

/** A holder that has not touched its lock for this long (ms) counts as dead, on any machine. */
const staleAfter = 120_000;
const touchEvery = 5_000;

/** Options of withLock. */
export interface LockOptions {
  /** Called once if another process holds the lock. */
  readonly onWait?: () => void;
  /** Milliseconds between checks of a lock that another process holds. Default 250. */
  readonly pollEvery?: number;
}

/**
 * Runs `body` while holding a lock file, so that no other process that uses the same lock file runs its body meanwhile.
 * Takes over a lock whose holder has died.
 * @throws FileError if the lock file cannot be created.
 */
export async function withLock<R>(path: string, body: () => Promise<R>, options: LockOptions = {}): Promise<R> {
  const { utimesSync, rmSync } = nodeModule('fs');
  const { onWait, pollEvery = 250 } = options;
  let waited = false;
  while (!(await take(path))) {
    if (!waited) onWait?.();
    waited = true;
    await new Promise((wake) => setTimeout(wake, pollEvery));
  }
  const touch = setInterval(() => {
    try {
      const moment = new Date();
      utimesSync(path, moment, moment);
    } catch {
      // The lock file was removed; the work itself ends with a rename, which is safe even so.
    }
  }, touchEvery);
  touch.unref();
  try {
    return await body();
  } finally {
    clearInterval(touch);
    rmSync(path, { force: true });
  }
}

/** Creates the lock file, or replaces one whose holder has died; returns false if another process holds the lock. */
async function take(path: string): Promise<boolean> {
  const { open } = nodeModule('fs/promises');
  if (await isDead(path)) await removeDead(path);
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: nodeModule('os').hostname() }));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new FileError(`${path}: expected a lock file that can be created, got ${error}`, { cause: error });
  }
}

/**
 * Removes a lock whose holder has died. If several processes find the lock dead, the slower ones would remove the new
 * lock that the fastest one has created. A second lock file therefore lets only one process at a time check again and
 * remove the lock.
 */
async function removeDead(path: string): Promise<void> {
  const { open, rm, stat } = nodeModule('fs/promises');
  const guard = `${path}.guard`;
  try {
    await (await open(guard, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new FileError(`${path}: expected a lock file that can be created, got ${error}`, { cause: error });
    }
    // The guard is held only for an instant, so an old one was left behind by a process that was killed meanwhile.
    const age = await stat(guard).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > staleAfter) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isDead(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isDead(path: string): Promise<boolean> {
  const { stat, readFile } = nodeModule('fs/promises');
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > staleAfter) return true;
    const { pid, host } = JSON.parse(await readFile(path, 'utf8'));
    if (host !== nodeModule('os').hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: no such process. Anything else (the file just vanished or is being written) counts as alive.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
