import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';
import { optionalPackage } from './optional-package.js';

const signatureBytes = 8;

/** The header of a PNG image. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample or of an index into the palette. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly color: number;
  readonly interlaced: boolean;
}

/** The samples of a PNG image. */
export interface PngSamples extends PngHeader {
  /** Rows of samples; those of less than 8 bits are packed, each row into whole bytes. */
  readonly data: ArrayLike<number>;
  readonly palette: readonly (readonly number[])[] | undefined;
}

/**
 * Decodes a PNG image. Compressed data may become a thousand times as large, so `check` sees the header, and the size of
 * the decompressed data is compared with it, before the image is decoded; chunks that an image does not need, which may
 * be compressed too, are left out.
 * @param what what messages expect: 'a PNG image'
 * @param check returns what is wrong with the header, or undefined
 * @throws FileError for a header that `check` rejects and for damaged data, or if the package fast-png is missing.
 */
export async function decodePng(
  { name, bytes }: NamedBytes,
  what: string,
  check: (header: PngHeader) => string | undefined,
): Promise<PngSamples> {
  const { decode } = await optionalPackage<typeof import('fast-png')>(name, 'fast-png');
  const failed = (got: string, cause?: unknown): FileError =>
    new FileError(`${name}: expected ${what}, got ${got}`, { cause });
  const { header, compressed, necessary } = chunksOf(bytes);
  if (!header) throw failed(`${bytes.length} bytes`);
  const wrong = check(header);
  if (wrong !== undefined) throw failed(wrong);
  const size = inflatedSize(header);
  try {
    // the most that the data may take: what is larger ends with an error
    const inflated = nodeModule('zlib').inflateSync(compressed, { maxOutputLength: size }).length;
    if (inflated !== size) throw failed('data for an image of another size');
    const { data, palette } = decode(necessary, { checkCrc: true });
    return { ...header, data, palette };
  } catch (error) {
    if (error instanceof FileError) throw error;
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw failed(isLarge ? 'data for an image of another size' : `damaged data (${error})`, error);
  }
}

/**
 * Decodes a PNG image of `width` x `height` RGB pixels of 8 bits to 3 bytes per pixel.
 * @throws FileError for another size or form and for damaged data, or if the package fast-png is missing.
 */
export async function decodeRgbPng(file: NamedBytes, width: number, height: number): Promise<ArrayLike<number>> {
  const what = `a PNG image of ${width} x ${height} pixels, RGB with 8 bits`;
  const { data } = await decodePng(file, what, (header) => {
    if ([header.width, header.height, header.depth, header.color].join() === [width, height, 8, 2].join()) return;
    return `${header.width} x ${header.height} with ${header.depth} bits, color type ${header.color}`;
  });
  return data;
}

/** The number of samples of a pixel, by color type. */
export const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The passes of interlaced images: first column and row, and their distances. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** The bytes of the decompressed data: each row begins with the number of its filter. */
function inflatedSize({ width, height, depth, color, interlaced }: PngHeader): number {
  const bits = depth * (pngChannels[color] ?? 0);
  const sizeOf = (columns: number, rows: number) => (columns > 0 ? rows * (1 + Math.ceil((columns * bits) / 8)) : 0);
  if (!interlaced) return sizeOf(width, height);
  const lengthOf = (whole: number, first: number, step: number) => Math.max(0, Math.ceil((whole - first) / step));
  return passes.reduce((sum, [x, y, dx, dy]) => sum + sizeOf(lengthOf(width, x, dx), lengthOf(height, y, dy)), 0);
}

/**
 * Returns the header, the compressed data, and the file without the chunks that an image does not need. A chunk is 4
 * bytes for the length of its data, 4 for its type, the data, and 4 for a checksum; the types of necessary chunks begin
 * with a capital letter.
 */
function chunksOf(bytes: Uint8Array): { header: PngHeader | null; compressed: Uint8Array; necessary: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const compressed: Uint8Array[] = [];
  const kept: Uint8Array[] = [bytes.subarray(0, signatureBytes)];
  let header: PngHeader | null = null;
  for (let at = signatureBytes, end = at; at + 12 <= bytes.length; at = end) {
    const data = at + 8;
    end = data + view.getUint32(at) + 4;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, data));
    if (type === 'IHDR') {
      // a second header would contradict the one that has been checked
      if (header !== null || end < data + 17) return { header: null, compressed: bytes, necessary: bytes };
      header = {
        width: view.getUint32(data),
        height: view.getUint32(data + 4),
        depth: bytes[data + 8],
        color: bytes[data + 9],
        interlaced: bytes[data + 12] !== 0,
      };
    }
    if (type === 'IDAT') compressed.push(bytes.subarray(data, end - 4));
    if (/^[A-Z]/.test(type)) kept.push(bytes.subarray(at, end));
  }
  return { header, compressed: joined(compressed), necessary: joined(kept) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
