import { expected, FileError } from '../../../errors.js';
import { type ByteSource, partOf } from '../../byte-source.js';
import { largestPickle, type TorchContent } from './torch-content.js';
import { findTorchObject, storageOf, type TorchStorage } from './torch-objects.js';
import { unpickle } from './unpickle.js';

/** The number that such a file begins with, as a pickle of protocol 2. */
const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** True if a file begins like those of PyTorch before 1.6. */
export function isLegacy(start: Uint8Array): boolean {
  return magic.every((byte, i) => start[i] === byte);
}

/** Bytes that are read at first in search of the end of the pickles. */
const firstWindow = 2 ** 20;

/**
 * Reads the pickles of a file that torch.save wrote before PyTorch 1.6: magic number, version, system, the object and the
 * keys of storages. Storages follow in the order of the keys, each behind the number of its elements.
 * @throws FileError for a file that is damaged or contains anything but tensors, containers and plain values.
 */
export async function readTorchLegacy(source: ByteSource): Promise<TorchContent> {
  for (let window = firstWindow; ; window *= 4) {
    const length = Math.min(window, source.size, largestPickle);
    const bytes = await source.read(0, length);
    try {
      return await contentOf(source, bytes);
    } catch (error) {
      // the end of a pickle may lie beyond the window
      if (!(error instanceof FileError) || length < window) throw error;
    }
  }
}

async function contentOf(source: ByteSource, bytes: Uint8Array): Promise<TorchContent> {
  const file = source.name;
  const storages = new Map<string, TorchStorage>();
  const world = {
    find: (module: string, name: string) => findTorchObject(file, module, name),
    persistent(id: unknown): TorchStorage {
      const storage = storageOf(file, id);
      const known = storages.get(storage.key);
      if (known && known.byteLength !== storage.byteLength) {
        throw new FileError(expected(file, `one size of storage ${storage.key.slice(0, 100)}`, 'two'));
      }
      storages.set(storage.key, known ?? storage);
      return known ?? storage;
    },
  };
  const next = (start: number) => unpickle(file, bytes, world, start);
  const version = next(magic.length);
  if (version.value !== 1001) throw new FileError(expected(file, 'version 1001', `${version.value}`));
  const system = next(version.end);
  const littleEndian = system.value instanceof Map ? system.value.get('little_endian') : undefined;
  if (typeof littleEndian !== 'boolean') throw new FileError(expected(file, 'the order of bytes', 'none'));
  const object = next(system.end);
  const keys = next(object.end);
  const places = await placesOf(source, keys.value, storages, keys.end);
  return {
    root: object.value,
    pickleLength: object.end,
    bigEndian: !littleEndian,
    open: async ({ key }) => places.get(key) as ByteSource,
  };
}

/** The data of each storage. */
async function placesOf(
  source: ByteSource,
  keys: unknown,
  storages: ReadonlyMap<string, TorchStorage>,
  start: number,
): Promise<ReadonlyMap<string, ByteSource>> {
  const { name, size } = source;
  if (!Array.isArray(keys) || keys.length !== storages.size || new Set(keys.map(String)).size !== keys.length) {
    throw new FileError(expected(name, `the keys of ${storages.size} storages`, 'others'));
  }
  const places = new Map<string, ByteSource>();
  let at = start;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (!storage) throw new FileError(expected(name, 'keys of storages', key.slice(0, 100)));
    const end = at + 8 + storage.byteLength;
    if (end > size) throw new FileError(expected(name, `${end} bytes`, `${size}; the file is cut short`));
    const first = await source.read(at, 8);
    const count = Number(new DataView(first.buffer).getBigInt64(0, true));
    if (count !== storage.count)
      throw new FileError(expected(name, `${storage.count} elements in storage ${key}`, `${count}`));
    places.set(key, partOf(source, name, at + 8, storage.byteLength));
    at = end;
  }
  return places;
}
