import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';

/**
 * Reads a file of any size.
 * @throws FileError if the file cannot be read.
 */
export async function readTextFile(path: string): Promise<NamedBytes> {
  try {
    return { name: path, bytes: await nodeModule('fs/promises', 'textCorpus').readFile(path) };
  } catch (error) {
    throw new FileError(`${path}: expected a text file that can be read, got ${error}`, { cause: error });
  }
}
