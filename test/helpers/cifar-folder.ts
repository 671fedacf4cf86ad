import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const recordBytes = 3073;

/**
 * Fills a folder with files of CIFAR-10's official size. The brightness of the first `count` images of each file
 * depends on their label, so that a network can learn it; the rest of each file is empty and takes no disk space.
 */
export function writeCifarFolder(folder: string, count: number): void {
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  for (const name of [...names, 'test_batch.bin']) {
    const records = new Uint8Array(count * recordBytes);
    for (let i = 0; i < count; i++) {
      const label = (i * 7) % 10;
      const start = i * recordBytes;
      for (let p = 1; p < recordBytes; p++) records[start + p] = label * 25 + ((p * 31 + i * 17) % 23);
      records[start] = label;
    }
    const file = openSync(join(folder, name), 'w');
    writeSync(file, records);
    ftruncateSync(file, 10_000 * recordBytes);
    closeSync(file);
  }
}
