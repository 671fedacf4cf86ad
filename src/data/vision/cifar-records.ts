import { FileError } from '../../errors.js';
import { expectList } from '../../tensor/expect.js';
import { expectNamedBytes, type NamedBytes } from '../named-bytes.js';

/** Bytes of one CIFAR image: 3 planes (red, green, blue) of 32 x 32. */
export const cifarImageBytes = 3 * 32 * 32;

/** Images and labels of CIFAR's binary files, in the order of the files. */
export interface CifarRecords {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

/**
 * Reads CIFAR's binary form: records of `labelBytes` label bytes, then 3072 pixels.
 * @param labelByte which of the label bytes to use (CIFAR-100: 0 is the coarse class, 1 the fine one)
 * @throws FileError for a file that does not consist of whole records, or for a label that is not below `numClasses`.
 */
export function readCifarRecords(
  files: readonly NamedBytes[],
  { labelBytes, labelByte, numClasses }: { labelBytes: number; labelByte: number; numClasses: number },
): CifarRecords {
  expectList('CIFAR', 'a list of files', files);
  for (const file of files) expectNamedBytes('CIFAR', file);
  const size = labelBytes + cifarImageBytes;
  for (const { name, bytes } of files) {
    if (bytes.length > 0 && bytes.length % size === 0) continue;
    throw new FileError(`${name}: expected records of ${size} bytes, got ${bytes.length} bytes`);
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / size, 0);
  const images = new Uint8Array(count * cifarImageBytes);
  const labels = new Int32Array(count);
  let n = 0;
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += size, n++) {
      const label = bytes[at + labelByte];
      if (label >= numClasses) {
        throw new FileError(
          `${name}: expected labels below ${numClasses}, got ${label} in record ${at / size}; the file is damaged`,
        );
      }
      labels[n] = label;
      images.set(bytes.subarray(at + labelBytes, at + size), n * cifarImageBytes);
    }
  }
  return { images, labels };
}
