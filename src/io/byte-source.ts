import { FileError } from '../errors.js';

/** Bytes that can be read piece by piece: a file or memory. */
export interface ByteSource {
  /** Its name in error messages: a path, or the caller's words for bytes in memory. */
  readonly name: string;
  readonly size: number;
  /**
   * Returns a copy of `length` bytes from `start`, in a buffer of its own.
   * @throws FileError if the source is shorter.
   */
  read(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Makes a source of bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(start, length) {
      if (start + length > bytes.length) {
        throw new FileError(`${name}: expected ${start + length} bytes, got ${bytes.length}`);
      }
      // not slice, which for a Buffer shares its memory
      return new Uint8Array(bytes.subarray(start, start + length));
    },
    close: async () => {},
  };
}

/** Makes a source of `size` bytes of another one, from `start`; closing it has no effect. */
export function partOf(source: ByteSource, name: string, start: number, size: number): ByteSource {
  return {
    name,
    size,
    async read(from, length) {
      if (from + length > size) throw new FileError(`${name}: expected ${from + length} bytes, got ${size}`);
      return source.read(start + from, length);
    },
    close: async () => {},
  };
}

/** Returns all chunks of bytes in one array. */
export async function joined(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
