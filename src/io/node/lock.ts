import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import { expectFunction, expectText } from '../../tensor/expect.js';
import { callback, optional, positive } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { isRunning, parseProcessName, processName } from './process-name.js';

/** A holder on another machine that has not touched its lock for this long (ms) counts as dead. */
const staleAfter = 60_000;
const touchEvery = 5_000;

/** Two callers that see each other both leave and try again. After this many tries, the other counts as the holder. */
const quickTries = 6;

/** The process that holds a lock. */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
}

/** Options of withLock. */
export interface LockOptions {
  /** Called once if another caller holds the lock. To give up instead of waiting, throw an error from here. */
  readonly onWait?: (holder: LockHolder) => void;
  /** Milliseconds between checks of a lock that another caller holds. Default 250. */
  readonly pollEvery?: number;
}

const table = {
  onWait: optional(callback<(holder: LockHolder) => void>()),
  pollEvery: positive(250),
} satisfies OptionTable<LockOptions>;

/**
 * `withLock` of local-files.ts. The lock is a folder, in which each holder has a file named after its process. A caller
 * adds its file first and then looks for those of others, so that of two callers at least one sees the other; names are
 * never used twice, so that the file of a dead process can be removed by anyone at any time.
 * @throws FileError if the folder cannot be created, and what `onWait` and `body` throw.
 */
export async function withLock<R>(relative: string, body: () => Promise<R>, options: LockOptions = {}): Promise<R> {
  expectText('withLock', 'a path', relative);
  expectFunction('withLock', 'a function', body);
  const { onWait, pollEvery } = resolveOptions('withLock', table, options);
  // the program may change its folder meanwhile
  const path = nodeModule('path', 'withLock').resolve(relative);
  for (let tries = 1; ; tries++) {
    const entry = await enter(path);
    let holder: LockHolder | null;
    try {
      holder = await otherHolder(path, entry);
      if (!holder) return await hold(entry, body);
      if (tries === quickTries) onWait?.(holder);
    } finally {
      await leave(path, entry);
    }
    const pause = tries < quickTries ? 40 * Math.random() : pollEvery * (0.5 + Math.random());
    await new Promise((wake) => setTimeout(wake, pause));
  }
}

/** Adds a file for the caller to the lock, and returns its name. */
async function enter(path: string): Promise<string> {
  const { mkdir, writeFile } = nodeModule('fs/promises', 'withLock');
  const entry = `${processName()}.${nodeModule('crypto').randomBytes(4).toString('hex')}`;
  for (;;) {
    try {
      await mkdir(path).catch((error) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await writeFile(nodeModule('path').join(path, entry), '');
      return nodeModule('path').join(path, entry);
    } catch (error) {
      // another caller has removed the folder between the two calls
      if (
        (error as NodeJS.ErrnoException).code === 'ENOENT' &&
        nodeModule('fs').existsSync(nodeModule('path').dirname(path))
      )
        continue;
      throw new FileError(`${path}: expected a lock that can be created, got ${error}`, { cause: error });
    }
  }
}

async function leave(path: string, entry: string): Promise<void> {
  const { rm, rmdir } = nodeModule('fs/promises');
  await rm(entry, { force: true });
  // fails if others have files in it
  await rmdir(path).catch(() => {});
}

async function hold<R>(entry: string, body: () => Promise<R>): Promise<R> {
  const { rmdirSync, rmSync, writeFileSync } = nodeModule('fs');
  const touch = setInterval(() => {
    try {
      // a write takes the time from the clock of the file system, which is also that of other holders' files
      writeFileSync(entry, '.');
    } catch {
      // the disk is full: the holder goes on
    }
  }, touchEvery);
  touch.unref();
  const onExit = () => {
    rmSync(entry, { force: true });
    try {
      rmdirSync(nodeModule('path').dirname(entry));
    } catch {
      // others have files in it
    }
  };
  process.once('exit', onExit);
  try {
    return await body();
  } finally {
    process.off('exit', onExit);
    clearInterval(touch);
  }
}

/** Returns a caller other than that of `entry` that holds the lock or tries to, or null. Removes files of dead ones. */
async function otherHolder(path: string, entry: string): Promise<LockHolder | null> {
  const { readdir, rm, stat } = nodeModule('fs/promises');
  const { basename, join } = nodeModule('path');
  const now = (await stat(entry)).mtimeMs;
  for (const file of await readdir(path)) {
    const name = file.slice(0, file.lastIndexOf('.'));
    const holder = parseProcessName(name);
    if (file === basename(entry) || !holder) continue;
    const touched = await stat(join(path, file)).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (touched === null) continue;
    if (isRunning(name) ?? Math.abs(now - touched) < staleAfter) return holder;
    await rm(join(path, file), { force: true });
  }
  return null;
}
