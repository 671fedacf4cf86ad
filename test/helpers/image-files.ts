import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'jpeg-js';
import { filled } from './fill.js';
import { root } from './sources.js';

/** An image file that Pillow wrote, and its pixels as (height, width, 3) bytes. */
export interface GoldenFile {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly file: Uint8Array;
  readonly rgb: Uint8Array;
}

/** The image files of test/golden/images.json. */
export function goldenFiles(): GoldenFile[] {
  const { cases } = JSON.parse(readFileSync(join(root, 'test/golden/images.json'), 'utf8'));
  const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
  return cases
    .filter(({ file }: { file?: string }) => file !== undefined)
    .map((each: Record<'file' | 'rgb', string>) => ({ ...each, file: bytesOf(each.file), rgb: bytesOf(each.rgb) }));
}

/** A JPEG image of random colours, which depend on the name. */
export function jpegOf(name: string, width: number, height: number): Uint8Array {
  const data = Uint8Array.from(filled(4 * width * height, name, 0, 256), Math.floor);
  return new Uint8Array(encode({ data, width, height }, 80).data);
}

/** Writes files by their paths relative to `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
