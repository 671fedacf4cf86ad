import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { readImage } from '../../src/data/node/images/image-reader.js';
import { jpegFrame } from '../../src/data/node/images/jpeg-frame.js';
import type { Images } from '../../src/data/transforms/transform.js';
import { FileError } from '../../src/errors.js';
import { goldenFiles, jpegOf } from '../helpers/image-files.js';
import { planes } from '../helpers/pictures.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-formats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'image.JPEG');

/** Reads an image from a file with these bytes. */
function read(bytes: Uint8Array, maxPixels = 2 ** 26): Promise<Images> {
  writeFileSync(path, bytes);
  return readImage({ path, seed: 0 }, [], maxPixels);
}

const golden = goldenFiles();
const fileOf = (key: string) => golden.find((each) => each.key === key)?.file ?? expect.fail(key);

/** The place of a JPEG header in a file: 0xff, its code. */
function find(bytes: Uint8Array, code: number): number {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === code);
  expect(at).toBeGreaterThan(0);
  return at;
}

describe('an image file', () => {
  it.each(golden)("has the pixels of Pillow's convert('RGB'): $key", async ({ key, height, width, file, rgb }) => {
    const made = await read(file);
    const expected = planes({ height, width, data: rgb });
    expect([made.height, made.width, made.channels, made.count]).toEqual([height, width, 3, 1]);
    // another library decodes CMYK
    const bound = key === 'cmyk.jpg' ? 2 : 0;
    expect(Array.from(made.data).every((v, i) => Math.abs(v - expected.data[i]) <= bound)).toBe(true);
  });

  it('of 16 bits keeps the upper 8, with colours and alpha too', async () => {
    const data = Uint16Array.from({ length: 4 * 6 }, (_, i) => (i * 2731) % 65536);
    const made = await read(encode({ data, width: 3, height: 2, channels: 4, depth: 16 }));
    expect([...made.data]).toEqual([0, 1, 2].flatMap((c) => [0, 1, 2, 3, 4, 5].map((i) => data[4 * i + c] >> 8)));
  });

  it('may be interlaced', async () => {
    const data = Uint8Array.from({ length: 3 * 35 }, (_, i) => (i * 77) % 256);
    const made = await read(encode({ data, width: 5, height: 7, channels: 3, depth: 8 }, { interlace: 'Adam7' }));
    expect(made.data).toEqual(planes({ height: 7, width: 5, data }).data);
  });

  it('is rejected if it is larger than maxPixels, before it is decoded', async () => {
    const jpeg = jpegOf('large', 20, 10);
    const png = encode({ data: new Uint8Array(3 * 200), width: 20, height: 10, channels: 3, depth: 8 });
    for (const bytes of [jpeg, png]) {
      expect((await read(bytes, 200)).width).toBe(20);
      await expect(read(bytes, 199)).rejects.toThrow(/image.JPEG: .*20 x 10 pixels, more than maxPixels \(199\)/);
    }
    const [huge, wide] = [jpeg.slice(), png.slice()];
    const at = find(huge, 0xc0);
    huge.set([0xff, 0xff, 0xff, 0xff], at + 5);
    wide.set([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff], 16);
    const before = process.memoryUsage();
    await expect(read(huge)).rejects.toThrow('65535 x 65535 pixels, more than maxPixels (67108864)');
    await expect(read(wide)).rejects.toThrow('2147483647 x 2147483647 pixels, more than maxPixels (67108864)');
    const after = process.memoryUsage();
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(2e7);
  });

  it('is rejected if its data are for an image of another size, such as many zeros', async () => {
    const png = encode({ data: new Uint8Array(3e6), width: 1000, height: 1000, channels: 3, depth: 8 });
    const small = png.slice();
    small.set([0, 0, 0, 1, 0, 0, 0, 1], 16);
    await expect(read(small)).rejects.toThrow(/expected a PNG image, got data for an image of another size/);
    const jpeg = jpegOf('short', 16, 16);
    await expect(read(jpeg.subarray(0, jpeg.length - 80))).rejects.toThrow('got a file that is cut short');
  });

  it('is rejected if it has several headers or too many scans', async () => {
    const jpeg = jpegOf('twice', 16, 16);
    const at = find(jpeg, 0xc0);
    const header = jpeg.subarray(at, at + 19);
    const twice = Uint8Array.from([...jpeg.subarray(0, at), ...header, ...jpeg.subarray(at)]);
    await expect(read(twice)).rejects.toThrow(/expected a JPEG image, got \d+ bytes without one image/);
    const progressive = fileOf('progressive.jpg');
    expect(jpegFrame(progressive)).toEqual({ width: 26, height: 19, components: 3, scans: 10 });
    const scan = progressive.subarray(progressive.lastIndexOf(0xda) - 1, progressive.length - 2);
    const many = Buffer.concat([progressive.subarray(0, -2), ...new Array(500).fill(scan), progressive.subarray(-2)]);
    await expect(read(many)).rejects.toThrow('expected a JPEG image, got 510 scans');
  });

  it('is rejected if it is empty or of another kind, whatever its name', async () => {
    await expect(read(new Uint8Array(0))).rejects.toThrow(
      'image.JPEG: expected a JPEG or PNG image, got an empty file',
    );
    await expect(read(Buffer.from('GIF89a'))).rejects.toThrow('got a file that begins with 47 49 46 38');
    await expect(read(Uint8Array.of(0xff, 0xd8))).rejects.toThrow('got 2 bytes without one image');
    await expect(read(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).rejects.toThrow('expected a PNG image, got 4 bytes');
    const interlaced = fileOf('bilevel.png').slice();
    interlaced[28] = 1;
    await expect(read(interlaced)).rejects.toThrow('got an interlaced image of 1 bits, which cannot be read');
    const odd = fileOf('rgb.png').slice();
    odd[24] = 4;
    await expect(read(odd)).rejects.toThrow('got color type 2 with 4 bits');
  });

  it('that is damaged anywhere gives an image of the size in its header or a FileError', async () => {
    const change = fc.record({ at: fc.nat(4000), byte: fc.nat(255) });
    const damaged = fc.record({
      from: fc.constantFrom(...golden),
      changes: fc.array(change, { maxLength: 4 }),
      cut: fc.option(fc.nat(4000), { freq: 3 }),
    });
    const run = async ({
      from,
      changes,
      cut,
    }: {
      from: (typeof golden)[0];
      changes: { at: number; byte: number }[];
      cut: number | null;
    }) => {
      const bytes = from.file.slice(0, cut === null ? undefined : cut % from.file.length);
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      try {
        const { data, height, width } = await read(bytes, 2 ** 18);
        expect(data.length).toBe(3 * height * width);
      } catch (error) {
        expect(error).toBeInstanceOf(FileError);
        expect((error as Error).message).toMatch(/image.JPEG( \(a CMYK image\))?: expected /);
      }
    };
    await fc.assert(fc.asyncProperty(damaged, run), { numRuns: 300 });
    const { width, height } = golden[0];
    expect(await read(golden[0].file)).toMatchObject({ width, height });
  });
});
