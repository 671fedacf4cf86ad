import { FileError } from '../../errors.js';
import { expectNamedBytes, type NamedBytes } from '../named-bytes.js';

/**
 * Reads an idx file of bytes (MNIST's form): two zero bytes, the type 8, the number of axes, their lengths as
 * big-endian 32-bit numbers, then the values row-major.
 * @throws FileError for anything else.
 */
export function readIdx(file: NamedBytes, ndim: number): { shape: number[]; data: Uint8Array } {
  expectNamedBytes('MNIST', file);
  const { name, bytes } = file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 4 + 4 * ndim;
  if (bytes.length < start || view.getUint32(0) !== 0x800 + ndim) {
    throw new FileError(`${name}: expected an idx file of bytes with ${ndim} axes, got another header`);
  }
  const shape = Array.from({ length: ndim }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = start + shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== size) throw new FileError(`${name}: expected ${size} bytes, got ${bytes.length}`);
  return { shape, data: bytes.subarray(start) };
}
