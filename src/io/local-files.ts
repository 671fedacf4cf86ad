import type { LockOptions } from './node/lock.js';

// Loaded when first used: browsers have no files.

/**
 * Writes a file so that at any moment, even after a kill or a power failure, `path` contains either all of the old
 * content or all of the new: text, bytes or chunks of bytes go to a temporary file next to it (`.NAME.PROCESS.part`),
 * which is flushed to the disk and renamed. Removes such files that killed processes of this machine left. A link to a
 * file stays a link. Node only.
 * @throws FileError if that fails, and errors of antinode that chunks throw; `path` is then unchanged.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const files = await import('./node/files.js');
  await files.writeAtomically(path, content);
}

/**
 * Runs `body` while holding the lock at `path`, so that no other caller with the same path runs its body meanwhile, in
 * this process or another. A lock whose holder was killed is free at once on the same machine, and on others (which
 * share the folder) after a minute. The lock is a folder, which exists while it is held. Node only.
 * @throws ValueError for unknown options, FileError if the folder cannot be created, and what `onWait` and `body` throw.
 * @example
 * await io.withLock('run/lock', train, { onWait: ({ pid }) => { throw new Error(`process ${pid} trains here`); } });
 */
export async function withLock<R>(path: string, body: () => Promise<R>, options: LockOptions = {}): Promise<R> {
  const lock = await import('./node/lock.js');
  return lock.withLock(path, body, options);
}
