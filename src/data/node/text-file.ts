import { readBytes } from '../../io/node/files.js';
import type { NamedBytes } from '../named-bytes.js';

/**
 * Reads a file of any size.
 * @throws FileError if the file cannot be read.
 */
export async function readTextFile(path: string): Promise<NamedBytes> {
  return { name: path, bytes: await readBytes(path) };
}
