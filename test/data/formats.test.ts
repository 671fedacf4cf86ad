import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { recordsOfSheet } from '../../src/data/node/cifar-sheet.js';
import { readCifarRecords } from '../../src/data/vision/cifar-records.js';
import { cifar10FromBytes } from '../../src/data/vision/cifar10.js';
import { cifar100FromBytes } from '../../src/data/vision/cifar100.js';
import { cifar100Classes, cifar100CoarseClasses } from '../../src/data/vision/cifar100-classes.js';
import { mnistFromBytes } from '../../src/data/vision/mnist.js';
import { FileError } from '../../src/errors.js';
import { crc32 } from '../../src/io/node/crc32.js';

const record = (labels: number[], pixel: number) => [...labels, ...new Array(3072).fill(pixel)];
const fileOf = (name: string, ...records: number[][]) => ({ name, bytes: Uint8Array.from(records.flat()) });

describe("CIFAR's binary form", () => {
  it('contains the images and labels of all files in order', () => {
    const files = [fileOf('a', record([3], 1), record([9], 2)), fileOf('b', record([0], 3))];
    const dataset = cifar10FromBytes(files);
    expect([...dataset.labels]).toEqual([3, 9, 0]);
    expect([dataset.images[0], dataset.images[3071], dataset.images[3072], dataset.images[9215]]).toEqual([1, 1, 2, 3]);
    expect(dataset.classes[3]).toBe('cat');
  });

  it('has two labels in CIFAR-100', () => {
    const files = [fileOf('a', record([19, 99], 1))];
    expect([...cifar100FromBytes(files).labels]).toEqual([99]);
    expect([...cifar100FromBytes(files, { labels: 'coarse' }).labels]).toEqual([19]);
    expect(() => cifar100FromBytes(files, { labels: 'both' as never })).toThrow(
      /labels to be 'fine' or 'coarse', got 'both'/,
    );
    expect([cifar100Classes.length, cifar100CoarseClasses.length]).toEqual([100, 20]);
    expect(new Set([...cifar100Classes, ...cifar100CoarseClasses]).size).toBe(120);
  });

  it('is rejected if files are cut short, empty or damaged', () => {
    const cut = { name: 'cut.bin', bytes: new Uint8Array(3072) };
    expect(() => cifar10FromBytes([cut])).toThrow('cut.bin: expected records of 3073 bytes, got 3072 bytes');
    expect(() => cifar10FromBytes([{ name: 'empty.bin', bytes: new Uint8Array(0) }])).toThrow(FileError);
    const wrong = fileOf('wrong.bin', record([1], 0), record([10], 0));
    expect(() => cifar10FromBytes([wrong])).toThrow('wrong.bin: expected labels below 10, got 10 in record 1');
  });
});

describe('a PNG sheet', () => {
  const sheetOf = (pixels: Uint8Array, height: number, channels = 3) => ({
    name: 'sheet.png',
    bytes: encode({ width: 1024, height, channels, depth: 8, data: pixels }),
  });

  it('is converted to the binary records of the same images', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), fc.nat(255), async (labels, start) => {
        const pixels = Uint8Array.from({ length: labels.length * 3072 }, (_, i) => (start + i * 7) % 256);
        const bytes = await recordsOfSheet(sheetOf(pixels, labels.length), labels);
        const read = readCifarRecords([{ name: 'a', bytes }], { labelBytes: 1, labelByte: 0, numClasses: 10 });
        expect([...read.labels]).toEqual(labels);
        for (let i = 0; i < read.images.length; i++) {
          const [image, rest] = [Math.floor(i / 3072), i % 3072];
          const [channel, place] = [Math.floor(rest / 1024), rest % 1024];
          if (read.images[i] !== pixels[(image * 1024 + place) * 3 + channel]) expect.fail(`byte ${i} differs`);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('is rejected if it is damaged or has another size', async () => {
    const sheet = sheetOf(new Uint8Array(3072), 1);
    await expect(recordsOfSheet(sheet, [0, 1])).rejects.toThrow(
      'sheet.png: expected a PNG image of 1024 x 2 pixels, RGB with 8 bits, got 1024 x 1 with 8 bits, color type 2',
    );
    await expect(recordsOfSheet(sheetOf(new Uint8Array(4096), 1, 4), [0])).rejects.toThrow(/color type 6/);
    for (const bytes of [sheet.bytes.slice(0, 60), sheet.bytes.map((b, i) => (i === 50 ? b ^ 1 : b))]) {
      await expect(recordsOfSheet({ name: 'bad.png', bytes }, [0])).rejects.toThrow(/^bad.png: expected a PNG image/);
    }
  });

  /** A PNG file with these chunks. */
  const pngOf = (...chunks: [type: string, data: Uint8Array][]) => {
    const parts: Uint8Array[] = [sheetOf(new Uint8Array(3072), 1).bytes.slice(0, 8)];
    for (const [type, data] of chunks) {
      const chunk = new Uint8Array(12 + data.length);
      const view = new DataView(chunk.buffer);
      view.setUint32(0, data.length);
      chunk.set(new TextEncoder().encode(type), 4);
      chunk.set(data, 8);
      view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
      parts.push(chunk);
    }
    return { name: 'bomb.png', bytes: new Uint8Array(Buffer.concat(parts)) };
  };
  const header = (width: number, height: number) => {
    const data = new Uint8Array(13);
    new DataView(data.buffer).setUint32(0, width);
    new DataView(data.buffer).setUint32(4, height);
    data.set([8, 2], 8);
    return data;
  };
  const end: [string, Uint8Array] = ['IEND', new Uint8Array(0)];
  const bomb = deflateSync(Buffer.alloc(200_000_000));

  it('is rejected if its data are larger than the image, before they are in memory', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 1);
    const sheet = pngOf(['IHDR', header(1024, 1)], ['IDAT', bomb.subarray(0, 100)], ['IDAT', bomb.subarray(100)], end);
    await expect(recordsOfSheet(sheet, [0])).rejects.toThrow(/got data for an image of another size/);
    const small = pngOf(['IHDR', header(1024, 1)], ['IDAT', deflateSync(Buffer.alloc(3072))], end);
    await expect(recordsOfSheet(small, [0])).rejects.toThrow(/got data for an image of another size/);
    const huge = pngOf(['IHDR', header(2 ** 31 - 1, 2 ** 31 - 1)], ['IDAT', bomb], end);
    await expect(recordsOfSheet(huge, [0])).rejects.toThrow(/got 2147483647 x 2147483647/);
    clearInterval(watch);
    expect(most).toBeLessThan(20_000_000);
  });

  it('is read without chunks that an image does not need', async () => {
    const data: [string, Uint8Array] = ['IDAT', deflateSync(Buffer.alloc(3073))];
    const profile: [string, Uint8Array] = ['iCCP', Buffer.concat([Buffer.from('name\0\0'), bomb])];
    const image = pngOf(['IHDR', header(1024, 1)], profile, ['zTXt', bomb], data, end);
    expect(await recordsOfSheet(image, [7])).toEqual(Uint8Array.from([7, ...new Array(3072).fill(0)]));
  });
});

describe("MNIST's idx form", () => {
  const images = { name: 'images', bytes: Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4) };
  const labels = { name: 'labels', bytes: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9) };

  it('contains images and labels', () => {
    const dataset = mnistFromBytes(images, labels);
    expect(dataset.shape).toEqual([1, 1, 2]);
    expect([...dataset.images]).toEqual([1, 2, 3, 4]);
    expect([...dataset.labels]).toEqual([7, 9]);
  });

  it('is rejected if files are cut short or of another form', () => {
    const cut = { name: 'cut', bytes: images.bytes.subarray(0, 19) };
    expect(() => mnistFromBytes(cut, labels)).toThrow('cut: expected 20 bytes, got 19');
    expect(() => mnistFromBytes(labels, labels)).toThrow('labels: expected an idx file of bytes with 3 axes');
    expect(() => mnistFromBytes({ name: 'tiny', bytes: new Uint8Array(3) }, labels)).toThrow(FileError);
    const one = { name: 'one', bytes: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7) };
    expect(() => mnistFromBytes(images, one)).toThrow(/one: expected 2 labels/);
    const ten = { name: 'ten', bytes: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 10) };
    expect(() => mnistFromBytes(images, ten)).toThrow(/ten: expected 2 labels from 0 to 9/);
  });
});
