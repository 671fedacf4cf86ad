import { FileError } from '../../errors.js';
import type { NamedBytes } from '../named-bytes.js';
import { optionalPackage } from '../optional-package.js';

const signatureBytes = 8;

/**
 * Decodes a PNG image of `width` x `height` RGB pixels of 8 bits to 3 bytes per pixel. Compressed data may become a
 * thousand times as large, so the size in the header and the size of the decompressed data are checked before the image
 * is decoded, and chunks that an image does not need, which may be compressed too, are left out.
 * @throws FileError for another size or form and for damaged data, or if the package fast-png is missing.
 */
export async function decodeRgbPng(
  { name, bytes }: NamedBytes,
  width: number,
  height: number,
): Promise<ArrayLike<number>> {
  const { decode } = await optionalPackage<typeof import('fast-png')>(name, 'fast-png');
  const failed = (got: string, cause?: unknown): FileError =>
    new FileError(`${name}: expected a PNG image of ${width} x ${height} pixels, RGB with 8 bits, got ${got}`, {
      cause,
    });
  const { header, compressed, necessary } = chunksOf(bytes);
  if (header.join() !== [width, height, 8, 2].join()) {
    const [w, h, depth, color] = header;
    throw failed(header.length > 0 ? `${w} x ${h} with ${depth} bits, color type ${color}` : `${bytes.length} bytes`);
  }
  // each row begins with the number of its filter
  const size = height * (1 + 3 * width);
  let data: ArrayLike<number> = [];
  try {
    if ((await inflatedSize(compressed, size)) === size)
      ({ data } = decode(await necessary.arrayBuffer(), { checkCrc: true }));
  } catch (error) {
    throw failed(`damaged data (${error})`, error);
  }
  if (data.length !== 3 * width * height) throw failed('data for an image of another size');
  return data;
}

/**
 * Returns width, height, depth and color type, the compressed data, and the file without the chunks that an image does
 * not need. A chunk is 4 bytes for the length of its data, 4 for its type, the data, and 4 for a checksum; the types of
 * necessary chunks begin with a capital letter.
 */
function chunksOf(bytes: Uint8Array): { header: number[]; compressed: Blob; necessary: Blob } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const compressed: Uint8Array<ArrayBuffer>[] = [];
  const kept: Uint8Array<ArrayBuffer>[] = [new Uint8Array(bytes.subarray(0, signatureBytes))];
  let header: number[] = [];
  for (let at = signatureBytes, end = at; at + 12 <= bytes.length; at = end) {
    const data = at + 8;
    end = data + view.getUint32(at) + 4;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, data));
    if (type === 'IHDR' && header.length === 0 && end >= data + 17) {
      header = [view.getUint32(data), view.getUint32(data + 4), bytes[data + 8], bytes[data + 9]];
    }
    if (type === 'IDAT') compressed.push(new Uint8Array(bytes.subarray(data, end - 4)));
    if (/^[A-Z]/.test(type)) kept.push(new Uint8Array(bytes.subarray(at, end)));
  }
  return { header, compressed: new Blob(compressed), necessary: new Blob(kept) };
}

/** Returns the size of compressed data when decompressed, or a number above `limit` as soon as it exceeds `limit`. */
async function inflatedSize(compressed: Blob, limit: number): Promise<number> {
  const reader = compressed.stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return size;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return size;
    }
  }
}
