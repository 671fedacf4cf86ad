import { crc32 } from '../../node/crc32.js';
import { zipLibrary } from './zip-library.js';

/** An entry to write. */
export interface ZipContent {
  readonly name: string;
  readonly size: number;
  /** The content; called twice for stored entries, because the checksum comes first. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** All files have the same bytes for the same content, and no time. */
const noTime = { lastModDate: new Date(1980, 0, 1), extendedTimestamp: false, useWebWorkers: false };

/**
 * Yields a zip file in chunks. Entries are deflated if `compress`, or else stored, with data at multiples of 64 bytes.
 * @throws FileError if the package @zip.js/zip.js is missing; `what` describes the file.
 */
export async function* zipChunks(
  what: string,
  contents: Iterable<ZipContent>,
  compress: boolean,
): AsyncGenerator<Uint8Array> {
  const ZipWriter = await zipLibrary(what, 'ZipWriter');
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const write = async (): Promise<void> => {
    const zip = new ZipWriter(writable, { ...noTime, usdz: !compress });
    try {
      for (const content of contents) {
        const options = await optionsOf(content, compress);
        await zip.add(content.name, readerOf(content), options);
      }
      await zip.close();
    } catch (error) {
      await writable.abort(error).catch(() => {});
    }
  };
  const done = write();
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done: isLast, value } = await reader.read();
      if (isLast) break;
      yield value;
    }
    await done;
  } finally {
    // a consumer that stops ends the writer
    await reader.cancel().catch(() => {});
    await done;
  }
}

async function optionsOf(content: ZipContent, compress: boolean): Promise<object> {
  if (compress) return { level: 6 };
  let sum = 0;
  for await (const piece of content.pieces()) sum = crc32(piece, sum);
  return { passThrough: true, compressionMethod: 0, uncompressedSize: content.size, crc32: sum };
}

/** The content in the form that the package reads. */
function readerOf(content: ZipContent): object {
  const pieces = (async function* () {
    yield* content.pieces();
  })();
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await pieces.return()),
  });
  return { readable, size: content.size };
}
