import { FileError } from '../errors.js';

/** Bytes that can be read piece by piece: a file or memory. */
export interface ByteSource {
  /** How messages call it: a path, or the caller's words for bytes in memory. */
  readonly name: string;
  readonly size: number;
  /** A copy of `length` bytes from `start`. Throws FileError if they are not there. */
  read(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes in memory as a source. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(start, length) {
      if (start + length > bytes.length) {
        throw new FileError(`${name}: expected ${start + length} bytes, got ${bytes.length}`);
      }
      return bytes.slice(start, start + length);
    },
    close: async () => {},
  };
}
