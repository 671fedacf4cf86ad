import { expected, FileError } from '../errors.js';
import { type ByteSource, memorySource } from './byte-source.js';

/**
 * Opens a file by its path (Node only) or bytes in memory, for the operation `op`.
 * @throws FileError for anything else and for a file that cannot be read.
 */
export async function openSource(op: string, file: string | Uint8Array | ArrayBuffer): Promise<ByteSource> {
  if (typeof file === 'string') return (await import('./node/files.js')).fileSource(file);
  if (file instanceof ArrayBuffer) return memorySource('bytes', new Uint8Array(file));
  if (file instanceof Uint8Array) return memorySource('bytes', file);
  throw new FileError(expected(op, 'a path or bytes', file === null ? 'null' : typeof file));
}
