import * as errors from '../../../errors.js';
import { nodeModule } from '../../../platform.js';
import { Generator } from '../../../tensor/random.js';
import type { NamedBytes } from '../../named-bytes.js';
import type { Images, Transform } from '../../transforms/transform.js';
import { jpegToRgb } from './jpeg.js';
import { pngToRgb } from './rgb-png.js';

/** An image to read: its file, and the seed of its own random numbers. */
export interface ImageJob {
  readonly path: string;
  readonly seed: number;
}

/**
 * Reads an image and prepares it by the stages, which draw from a stream of the image's own.
 * @throws FileError, with the path, for a file that cannot be read or is no JPEG or PNG image of at most `maxPixels`;
 * the errors of stages, with the path.
 */
export async function readImage(
  { path, seed }: ImageJob,
  stages: readonly Transform[],
  maxPixels: number,
): Promise<Images> {
  const image = await decodeImage({ name: path, bytes: await bytesOf(path, maxPixels) }, maxPixels);
  return prepare(image, stages, new Generator(seed), path);
}

/**
 * Applies the stages to one image.
 * @throws the errors of stages, with the path of the image.
 */
export function prepare(image: Images, stages: readonly Transform[], generator: Generator, path: string): Images {
  try {
    return stages.reduce((made, stage) => stage.apply(made, generator), image);
  } catch (error) {
    if (error instanceof errors.AntinodeError) throw errorNamed(error.name, `${path}: ${error.message}`);
    throw error;
  }
}

/** An error of the class of that name, which may come from another thread. */
export function errorNamed(name: string, message: string): Error {
  const classes: Readonly<Record<string, new (message: string) => Error>> = { ...errors } as never;
  const Class = Object.hasOwn(classes, name) ? classes[name] : errors.AntinodeError;
  return new Class(message);
}

/**
 * Decodes a JPEG or PNG image, whatever its name.
 * @throws FileError for other files, damaged ones and images of more than `maxPixels`, and if a package is missing.
 */
export async function decodeImage({ name, bytes }: NamedBytes, maxPixels: number): Promise<Images> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegToRgb({ name, bytes }, maxPixels);
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return pngToRgb({ name, bytes }, maxPixels);
  const got = bytes.length === 0 ? 'an empty file' : `a file that begins with ${hex(bytes.subarray(0, 4))}`;
  throw new errors.FileError(errors.expected(name, 'a JPEG or PNG image', got));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Reads a file that is not larger than its image could be without compression. */
async function bytesOf(path: string, maxPixels: number): Promise<Uint8Array> {
  const { readFile, stat } = nodeModule('fs/promises');
  const most = 8 * maxPixels + 2 ** 24;
  try {
    // a pipe would block when it is opened
    const stats = await stat(path);
    if (stats.isFile() && stats.size <= most) return await readFile(path);
    const got = stats.isFile() ? `${stats.size} bytes` : 'something that is not a file';
    throw new errors.FileError(errors.expected(path, `an image file of at most ${most} bytes`, got));
  } catch (error) {
    if (error instanceof errors.FileError) throw error;
    throw new errors.FileError(errors.expected(path, 'an image file that can be read', `${error}`), { cause: error });
  }
}
