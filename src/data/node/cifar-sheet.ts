import type { NamedBytes } from '../named-bytes.js';
import { cifarImageBytes } from '../vision/cifar-records.js';
import { decodeRgbPng } from './png.js';

/**
 * Converts a PNG sheet, 1024 pixels wide with one 32 x 32 image per row, and its labels to binary records of 3073
 * bytes.
 * @throws FileError for a sheet of another size or form, or if the package fast-png is missing.
 */
export async function recordsOfSheet({ name, bytes }: NamedBytes, labels: readonly number[]): Promise<Uint8Array> {
  const height = labels.length;
  const data = await decodeRgbPng({ name, bytes }, 1024, height);
  const records = new Uint8Array(height * (1 + cifarImageBytes));
  let from = 0;
  for (let i = 0; i < height; i++) {
    const start = i * (1 + cifarImageBytes);
    records[start] = labels[i];
    for (let p = start + 1; p <= start + 1024; p++) {
      records[p] = data[from++];
      records[p + 1024] = data[from++];
      records[p + 2048] = data[from++];
    }
  }
  return records;
}
