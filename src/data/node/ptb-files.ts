import { FileError } from '../../errors.js';
import { readBytes, writeAtomically } from '../../io/node/files.js';
import { withLock } from '../../io/node/lock.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';
import type { TextSplit } from '../text/text-corpus.js';
import { cacheFolder, makeCacheFolder } from './cache.js';
import { fetchBytes } from './fetch-bytes.js';
import { checkSum, type PinnedFile, readPinned } from './pinned-files.js';
import type { OnProgress } from './progress.js';

/** The files of Penn Treebank as prepared by Mikolov. */
const pennTreebank: Readonly<Record<TextSplit, PinnedFile>> = {
  train: {
    name: 'ptb.train.txt',
    bytes: 5_101_618,
    sha256: 'fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf',
  },
  valid: {
    name: 'ptb.valid.txt',
    bytes: 399_782,
    sha256: 'c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2',
  },
  test: {
    name: 'ptb.test.txt',
    bytes: 449_945,
    sha256: 'dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0',
  },
};

/** Where ptbFiles looks for files. */
export interface PtbPlaces {
  /** A folder whose files may contain any text. */
  readonly dir?: string;
  /** URL of a folder with the files, ending in `/`. */
  readonly mirror?: URL;
  readonly onProgress?: OnProgress;
}

/**
 * Returns the files of a corpus: each from the folder `dir`, or else from the folder ptb in the cache, or else from the
 * mirror, from which it is also stored in the cache.
 * @throws FileError with the names of missing files, or for a fetched file with a wrong size or checksum.
 */
export async function ptbFiles(
  places: PtbPlaces,
  files: Readonly<Record<TextSplit, PinnedFile>> = pennTreebank,
): Promise<Record<TextSplit, NamedBytes>> {
  const { dir, mirror, onProgress } = places;
  const { join } = nodeModule('path', 'ptb');
  const cache = join(cacheFolder(), 'ptb');
  const found: Record<string, NamedBytes> = {};
  const missing: (readonly [string, PinnedFile])[] = [];
  for (const [split, file] of Object.entries(files)) {
    const own = dir === undefined ? null : ownPath(dir, file.name);
    const bytes = own ? { name: own, bytes: await readBytes(own) } : await fromCache(cache, file, onProgress);
    if (!own && bytes && dir !== undefined) {
      onProgress?.({ message: `${dir} has no ${file.name}; using the one in ${cache}`, done: 0, total: 0 });
    }
    if (bytes) found[split] = bytes;
    else missing.push([split, file]);
  }
  if (missing.length > 0 && !mirror) {
    const names = missing.map(([, { name }]) => name).join(', ');
    const folders = dir === undefined ? cache : `${dir} or ${cache}`;
    throw new FileError(
      `ptb: expected ${names} in ${folders}, got none. Put the missing files there (simple-examples.tgz has all \
three in its folder data), or pass a folder that has them as dir (in the example: --data DIR), or its URL as url.`,
    );
  }
  for (const [split, file] of missing) {
    found[split] = await download(cache, file, mirror as URL, onProgress);
  }
  return found as Record<TextSplit, NamedBytes>;
}

/** Returns the path of a file in the folder, or in the subfolders where the archive has it; null if there is none. */
function ownPath(dir: string, name: string): string | null {
  const { join } = nodeModule('path');
  const paths = ['', 'data', join('simple-examples', 'data')].map((inner) => join(dir, inner, name));
  return paths.find((path) => nodeModule('fs').existsSync(path)) ?? null;
}

async function fromCache(folder: string, file: PinnedFile, onProgress?: OnProgress): Promise<NamedBytes | null> {
  const path = nodeModule('path').join(folder, file.name);
  if (!nodeModule('fs').existsSync(path)) return null;
  try {
    return { ...(await readPinned(path, file)), name: path };
  } catch (error) {
    onProgress?.({ message: `${(error as Error).message}; ignoring it`, done: 0, total: 0 });
    return null;
  }
}

/** Fetches a file into the cache. If two processes do so, one waits for the other. */
async function download(folder: string, file: PinnedFile, mirror: URL, onProgress?: OnProgress): Promise<NamedBytes> {
  const path = nodeModule('path').join(folder, file.name);
  await makeCacheFolder(folder);
  const onWait = () =>
    onProgress?.({ message: `waiting for another process that is fetching ${file.name}`, done: 0, total: 0 });
  const fetching = async (): Promise<NamedBytes> => {
    const madeMeanwhile = await fromCache(folder, file);
    if (madeMeanwhile) return madeMeanwhile;
    const url = new URL(file.name, mirror);
    const bytes = await fetchBytes(url, file.bytes, onProgress);
    checkSum(`${url}`, bytes, file);
    await writeAtomically(path, bytes);
    return { name: path, bytes };
  };
  return withLock(`${path}.lock`, fetching, { onWait });
}
