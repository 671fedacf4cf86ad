import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import { optionalPackage } from '../optional-package.js';

/**
 * The files of a gzipped tarball that `wanted` lists, or says yes to, in memory. Nothing is written under a name from the
 * archive, and links and folders are never followed.
 *
 * @param limit the most bytes that unpacking may give
 * @throws FileError for an archive that is damaged, too large or lacks a file, and when the package nanotar is missing
 */
export async function filesOfTarball(
  path: string,
  archive: Uint8Array,
  wanted: readonly string[] | ((name: string) => boolean),
  limit: number,
): Promise<Map<string, Uint8Array>> {
  const { parseTar } = await optionalPackage<typeof import('nanotar')>(path, 'nanotar');
  const found = new Map<string, Uint8Array>();
  try {
    // nanotar reads the whole ArrayBuffer, so the archive must not share one.
    const unpacked = nodeModule('zlib').gunzipSync(archive, { maxOutputLength: limit });
    const tar = unpacked.length === unpacked.buffer.byteLength ? unpacked : new Uint8Array(unpacked);
    const isWanted = typeof wanted === 'function' ? wanted : (name: string) => wanted.includes(name);
    for (const { name, type, data } of parseTar(tar, { filter: (entry) => isWanted(entry.name) })) {
      if (type === 'file' && data && !found.has(name)) found.set(name, data);
    }
  } catch (error) {
    throw new FileError(`${path}: expected a gzipped tarball of at most ${limit} bytes, got ${error}`, {
      cause: error,
    });
  }
  for (const name of typeof wanted === 'function' ? [] : wanted) {
    if (!found.has(name)) throw new FileError(`${path}: expected it to hold ${name}, got none; the file is damaged`);
  }
  return found;
}
