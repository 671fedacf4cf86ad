import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Fills a folder with files of CIFAR-10's official size. The brightness of the first `count` images of each file
 * depends on their label, so that a network can learn it; the rest of each file is empty and takes no disk space.
 */
export function writeCifarFolder(folder: string, count: number): void {
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  for (const name of [...names, 'test_batch.bin']) writeRecords(join(folder, name), count, 10_000, [10]);
}

/** The same for CIFAR-100, whose records begin with the number of a group and that of a class. */
export function writeCifar100Folder(folder: string, count: number): void {
  writeRecords(join(folder, 'train.bin'), count, 50_000, [20, 100]);
  writeRecords(join(folder, 'test.bin'), count, 10_000, [20, 100]);
}

/** Writes a file of `size` records, of which the first `count` are not empty; labels are below `classes`. */
function writeRecords(path: string, count: number, size: number, classes: readonly number[]): void {
  const bytes = classes.length + 3072;
  const records = new Uint8Array(count * bytes);
  for (let i = 0; i < count; i++) {
    const labels = classes.map((n) => (i * 7) % n);
    const level = labels[0] * (250 / classes[0]);
    const start = i * bytes;
    records.set(labels, start);
    for (let p = classes.length; p < bytes; p++) records[start + p] = level + ((p * 31 + i * 17) % 23);
  }
  const file = openSync(path, 'w');
  writeSync(file, records);
  ftruncateSync(file, size * bytes);
  closeSync(file);
}
