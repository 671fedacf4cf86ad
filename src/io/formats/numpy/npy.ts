import type { ByteSource } from '../../byte-source.js';
import { StoredTensor } from '../stored-tensor.js';
import type { ZipArchive } from '../zip/zip-archive.js';
import { type NpyHeader, npyHeaderLength, parseNpyHeader } from './npy-header.js';

/** Bytes that are read in search of a header. */
const usualHeader = 256;

/** Reads at most `length` bytes from the start of a file. */
type ReadStart = (length: number) => Promise<Uint8Array>;

async function headerOf(file: string, size: number, start: ReadStart): Promise<NpyHeader> {
  const first = await start(usualHeader);
  const length = npyHeaderLength(file, first);
  return parseNpyHeader(file, length > first.length ? await start(length) : first, size);
}

function tensorOf(name: string, header: NpyHeader, open: () => Promise<ByteSource>): StoredTensor {
  const { fortranOrder, shape, ...rest } = header;
  let stride = 1;
  const strides = shape.map((length) => {
    const here = stride;
    stride *= length;
    return here;
  });
  return new StoredTensor({ name, shape, strides: fortranOrder ? strides : undefined, open, ...rest });
}

/**
 * The tensor of a .npy file.
 * @throws FileError for a file that is damaged or contains anything but numbers.
 */
export async function readNpy(name: string, source: ByteSource): Promise<StoredTensor> {
  const start: ReadStart = (length) => source.read(0, Math.min(length, source.size));
  return tensorOf(name, await headerOf(source.name, source.size, start), async () => source);
}

/**
 * The tensors of a .npz file.
 * @throws FileError for a file that is damaged or contains anything but arrays of numbers.
 */
export async function readNpz(file: string, zip: ZipArchive): Promise<StoredTensor[]> {
  const tensors: StoredTensor[] = [];
  for (const { name, size } of zip.entries.values()) {
    const header = await headerOf(`${file}: ${name.slice(0, 200)}`, size, (length) => zip.start(name, length));
    tensors.push(tensorOf(name.replace(/\.npy$/, ''), header, () => zip.content(name, { once: true })));
  }
  return tensors;
}
