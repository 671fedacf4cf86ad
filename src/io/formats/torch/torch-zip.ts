import { expected, FileError } from '../../../errors.js';
import type { ZipArchive } from '../zip/zip-archive.js';
import { largestPickle, type TorchContent } from './torch-content.js';
import { findTorchObject, storageOf } from './torch-objects.js';
import { unpickle } from './unpickle.js';

/** The name of the pickle in an archive of torch.save, NAME/data.pkl; undefined in another archive. */
export function pickleOf(zip: ZipArchive): string | undefined {
  return [...zip.entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
}

/**
 * Reads the pickle of an archive of torch.save, named `pickle`.
 * @throws FileError for a file that is damaged or contains anything but tensors, containers and plain values.
 */
export async function readTorchZip(file: string, zip: ZipArchive, pickle: string): Promise<TorchContent> {
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (zip.entries.has(`${folder}constants.pkl`)) {
    throw new FileError(expected(file, 'a file of torch.save', 'a program of torch.jit.save; save its state_dict()'));
  }
  const order = await byteOrderOf(file, zip, `${folder}byteorder`);
  const size = (key: string): number | undefined => zip.entries.get(`${folder}data/${key}`)?.size;
  const world = {
    find: (module: string, name: string) => findTorchObject(file, module, name),
    persistent(id: unknown) {
      const storage = storageOf(file, id);
      const { key, byteLength } = storage;
      if (size(key) === byteLength) return storage;
      const wanted = `${byteLength} bytes in ${folder}data/${key.slice(0, 100)}`;
      throw new FileError(expected(file, wanted, `${size(key) ?? 'no such entry'}`));
    },
  };
  const { value, end } = unpickle(`${file}: ${pickle}`, await entry(file, zip, pickle, largestPickle), world);
  return {
    root: value,
    pickleLength: end,
    bigEndian: order === 'big',
    open: ({ key }) => zip.content(`${folder}data/${key}`),
  };
}

/** The order of bytes in storages; files before PyTorch 2.1 do not tell it, and are little-endian. */
async function byteOrderOf(file: string, zip: ZipArchive, name: string): Promise<string> {
  if (!zip.entries.has(name)) return 'little';
  const order = new TextDecoder().decode(await entry(file, zip, name, 100));
  if (order !== 'little' && order !== 'big') throw new FileError(expected(file, 'byteorder little or big', order));
  return order;
}

/** The whole content of a small entry. */
async function entry(file: string, zip: ZipArchive, name: string, most: number): Promise<Uint8Array> {
  const size = zip.entries.get(name)?.size ?? 0;
  if (size > most) throw new FileError(expected(file, `at most ${most} bytes in ${name}`, `${size}`));
  return (await zip.content(name)).read(0, size);
}
