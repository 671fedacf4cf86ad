import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, tensor } from '../../src/index.js';
import { joined, memorySource } from '../../src/io/byte-source.js';
import { ZipArchive } from '../../src/io/formats/zip/zip-archive.js';
import { type ZipContent, zipChunks } from '../../src/io/formats/zip/zip-output.js';
import { root } from './sources.js';

/** A reader of untrusted files of weights with an input that it accepts. */
export interface WeightsReader {
  readonly name: string;
  readonly input: Uint8Array;
  read(bytes: Uint8Array): unknown;
}

const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, 'test/golden/weights', name)));

/** The bytes of a zip file with stored entries, whose checksums are right. */
export function zipOf(entries: Readonly<Record<string, Uint8Array>>, compress = false): Promise<Uint8Array> {
  const contents = Object.entries(entries).map(
    ([name, bytes]): ZipContent => ({ name, size: bytes.length, pieces: () => [bytes] }),
  );
  return joined(zipChunks('zipOf', contents, compress));
}

/** The entries of a zip file. */
export async function entriesOf(file: Uint8Array): Promise<Record<string, Uint8Array>> {
  const zip = await ZipArchive.open(memorySource('file', file));
  const read = async (name: string, size: number) => [name, await (await zip.content(name)).read(0, size)] as const;
  return Object.fromEntries(await Promise.all(Array.from(zip.entries.values(), ({ name, size }) => read(name, size))));
}

/** Reads a file in every way: its header, each tensor as it is and as a tensor, and all at once. */
export async function readAll(bytes: Uint8Array): Promise<void> {
  const file = await io.openWeights(bytes);
  for (const name of file.tensors.keys()) {
    await file.readRaw(name);
    await file.read(name).catch(expectRefusal);
  }
  await io.loadWeights(bytes).catch(expectRefusal);
  if (file.format === 'pytorch') await io.loadTorch(bytes).catch(expectRefusal);
}

/** Values that no tensor holds are refused as a damaged file is. */
function expectRefusal(error: unknown): void {
  if ((error as Error).name !== 'FileError') throw error;
}

/** Readers of every format, and of parts of files that a checksum protects. */
export async function weightsReaders(): Promise<WeightsReader[]> {
  const tensors = { w: tensor([[1, 2, 3]]), b: tensor([true, false]), i: tensor(Int32Array.of(1, -1)) };
  const raw = { u: { dtype: 'uint16', shape: [2], data: Uint16Array.of(1, 65535) } } as const;
  const checkpoint = await entriesOf(golden('objects.pt'));
  const views = await entriesOf(golden('views.pt'));
  const arrays = await entriesOf(golden('arrays.npz'));
  const within = (entries: Record<string, Uint8Array>, name: string) => ({
    input: entries[name],
    read: async (bytes: Uint8Array) => readAll(await zipOf({ ...entries, [name]: bytes })),
  });
  return [
    {
      name: 'safetensors of other types',
      input: await io.encodeSafetensors({ ...tensors, ...raw }, { dtype: 'float16' }),
      read: readAll,
    },
    {
      name: 'PyTorch checkpoint',
      input: await io.encodeTorch({ ...tensors, ...raw, list: [1, 'two'] }),
      read: readAll,
    },
    { name: 'PyTorch checkpoint by PyTorch', input: golden('views.pt'), read: readAll },
    { name: 'pickle of views', ...within(views, 'archive/data.pkl') },
    { name: 'pickle of objects', ...within(checkpoint, 'archive/data.pkl') },
    { name: 'legacy checkpoint', input: golden('legacy.pt'), read: readAll },
    { name: 'npz', input: await io.encodeNpz({ ...tensors, ...raw }), read: readAll },
    { name: 'deflated npz', input: golden('compressed.npz'), read: readAll },
    { name: 'array in npz', ...within({ 'a.npy': arrays['fortran.npy'], 'b.npy': arrays['big-endian.npy'] }, 'a.npy') },
    { name: 'npy', input: golden('version3.npy'), read: readAll },
  ];
}
