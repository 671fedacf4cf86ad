import { FileError } from '../../errors.js';
import { readBytes } from '../../io/node/files.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';

/** A file of a data set with its expected size and checksum. */
export interface PinnedFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads a file.
 * @throws FileError if it is missing or has another size or checksum.
 */
export async function readPinned(path: string, file: PinnedFile): Promise<NamedBytes> {
  const bytes = await readBytes(path, file.bytes);
  checkSum(path, bytes, file);
  return { name: file.name, bytes };
}

/** @throws FileError with `where` in the message unless `bytes` have the SHA-256 checksum of the file. */
export function checkSum(where: string, bytes: Uint8Array, { sha256 }: PinnedFile): void {
  const sum = nodeModule('crypto').createHash('sha256').update(bytes).digest('hex');
  if (sum !== sha256) throw new FileError(`${where}: expected sha256 ${sha256}, got ${sum}; the file is damaged`);
}

/**
 * Reads files of known size from the first of the subfolders `places` of `folder` that contains the first file.
 * @throws FileError if no subfolder contains it, or for a file that is missing or has another size.
 */
export async function filesFromFolder(
  folder: string,
  places: readonly string[],
  files: readonly Pick<PinnedFile, 'name' | 'bytes'>[],
  help: string,
): Promise<NamedBytes[]> {
  const { join } = nodeModule('path');
  const place = places
    .map((inner) => join(folder, inner))
    .find((at) => nodeModule('fs').existsSync(join(at, files[0].name)));
  if (place === undefined) {
    throw new FileError(`${folder}: expected a folder with ${files[0].name}, got one without it. ${help}`);
  }
  return Promise.all(
    files.map(async ({ name, bytes }) => ({
      name: join(place, name),
      bytes: await readBytes(join(place, name), bytes),
    })),
  );
}
