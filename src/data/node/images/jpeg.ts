import { FileError } from '../../../errors.js';
import { nodeModule } from '../../../platform.js';
import type { NamedBytes } from '../../named-bytes.js';
import type { Images } from '../../transforms/transform.js';
import { optionalPackage } from '../optional-package.js';
import { tooLarge } from './image-size.js';
import { type JpegFrame, jpegFrame } from './jpeg-frame.js';

/** Pixels of a decoded image, with three or four bytes each. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The part of @jsquash/jpeg that is used: MozJPEG in WebAssembly. */
interface MozJpeg {
  init(module: WebAssembly.Module, options: { printErr(line: string): void }): Promise<void>;
  default(bytes: Uint8Array): Promise<Pixels>;
}

/** The part of jpeg-js that is used, for images with the colours of printers. */
interface JpegJs {
  readonly default: { decode(bytes: Uint8Array, options: object): Pixels };
}

/** More scans than encoders write; libjpeg-turbo's own tools stop there too. */
const mostScans = 500;

/** How often `maxPixels` pixels may be decoded for one image: a progressive image has about ten scans. */
const mostPasses = 64;

/**
 * Decodes a JPEG image to three planes of bytes, with the bytes that libjpeg-turbo and Pillow compute for grey and
 * coloured images. Orientation and colour profiles are ignored.
 * @throws FileError for images of more than `maxPixels` and for damaged files, or if a package is missing.
 */
export async function jpegToRgb(file: NamedBytes, maxPixels: number): Promise<Images> {
  const frame = jpegFrame(file.bytes);
  const failed = (got: string, cause?: unknown): FileError =>
    new FileError(`${file.name}: expected a JPEG image, got ${got}`, { cause });
  if (!frame) throw failed(`${file.bytes.length} bytes without one image`);
  const { width, height, scans } = frame;
  const wrong = tooLarge(width, height, maxPixels);
  if (wrong !== undefined) throw failed(wrong);
  if (scans > mostScans || scans * width * height > mostPasses * maxPixels) throw failed(`${scans} scans`);
  const pixels = await (frame.components === 4 ? decodeCmyk : decodeColor)(file, frame, failed);
  if (pixels.width !== width || pixels.height !== height) throw failed(`${pixels.width} x ${pixels.height} pixels`);
  return planesOf(pixels);
}

function planesOf({ width, height, data }: Pixels): Images {
  const plane = width * height;
  const stride = data.length / plane;
  const out = new Uint8Array(3 * plane);
  for (let i = 0, from = 0; i < plane; i++, from += stride) {
    out[i] = data[from];
    out[i + plane] = data[from + 1];
    out[i + 2 * plane] = data[from + 2];
  }
  return { data: out, count: 1, channels: 3, height, width };
}

type Failed = (got: string, cause?: unknown) => FileError;

/** The decoder, and the lines that it has printed since `lines` was emptied. */
interface Decoder {
  readonly library: MozJpeg;
  readonly module: WebAssembly.Module;
  lines: string[];
}

let decoder: Promise<Decoder> | null = null;

async function load(name: string): Promise<Decoder> {
  const library = await optionalPackage<MozJpeg>(name, '@jsquash/jpeg', '@jsquash/jpeg/decode.js');
  // the library would fetch its module, which Node cannot do for files
  const path = nodeModule('module')
    .createRequire(import.meta.url)
    .resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const module = await WebAssembly.compile(new Uint8Array(await nodeModule('fs/promises').readFile(path)));
  const made: Decoder = { library, module, lines: [] };
  await start(made);
  return made;
}

/** Starts the library with new memory. */
function start(made: Decoder): Promise<void> {
  return made.library.init(made.module, { printErr: (line) => void made.lines.push(line) });
}

async function decodeColor({ name, bytes }: NamedBytes, _: JpegFrame, failed: Failed): Promise<Pixels> {
  decoder ??= load(name);
  const made = await decoder.catch((error) => {
    decoder = null;
    throw error;
  });
  made.lines = [];
  let pixels: Pixels;
  try {
    const decoding = made.library.default(bytes);
    pixels = await decoding;
  } catch (error) {
    // its memory is in an unknown state
    await start(made);
    throw failed(`damaged data (${made.lines.at(-1) ?? error})`, error);
  }
  // the decoder fills the missing part with grey
  const cut = made.lines.find((line) => line.startsWith('Premature end of JPEG file'));
  if (cut !== undefined) throw failed('a file that is cut short');
  return pixels;
}

async function decodeCmyk({ name, bytes }: NamedBytes, frame: JpegFrame, failed: Failed): Promise<Pixels> {
  const { default: library } = await optionalPackage<JpegJs>(`${name} (a CMYK image)`, 'jpeg-js');
  const pixels = frame.width * frame.height;
  try {
    return library.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      maxResolutionInMP: pixels / 1e6 + 1,
      // coefficients and samples of four components, and the result
      maxMemoryUsageInMB: (40 * pixels) / 2 ** 20 + 64,
    });
  } catch (error) {
    throw failed(`damaged data (${error instanceof Error ? error.message : error})`, error);
  }
}
