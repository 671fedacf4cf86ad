import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import { optionalPackage } from '../optional-package.js';

/**
 * Returns the files of a gzipped tarball that `wanted` lists or accepts, in memory. Never writes a file under a name
 * from the archive and never follows links or folders.
 * @param limit maximum size of the unpacked archive in bytes
 * @throws FileError for an archive that is damaged, is too large or lacks a file, or if the package nanotar is missing.
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
    // nanotar reads the whole ArrayBuffer, so the archive must not share it.
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
    if (!found.has(name))
      throw new FileError(`${path}: expected an archive with ${name}, got one without it; the file is damaged`);
  }
  return found;
}
