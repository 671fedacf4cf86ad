import { expected, FileError, textOf } from '../../errors.js';
import { expectText } from '../../tensor/expect.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { ByteSource } from '../byte-source.js';
import type { RawTensor } from '../file-dtypes.js';
import { openSource } from '../open-source.js';
import { headerLength, parseHeader } from '../safetensors-header.js';
import { readNpy, readNpz } from './numpy/npy.js';
import { isNpy } from './numpy/npy-header.js';
import { type ReadOptions, StoredTensor } from './stored-tensor.js';
import type { TorchContent } from './torch/torch-content.js';
import { listTorch } from './torch/torch-file.js';
import { isLegacy, readTorchLegacy } from './torch/torch-legacy.js';
import { pickleOf, readTorchZip } from './torch/torch-zip.js';
import { ZipArchive } from './zip/zip-archive.js';

/** A format that weights are stored in. */
export type WeightsFormat = 'safetensors' | 'pytorch' | 'npz' | 'npy';

/** What the header of a file says. */
interface Content {
  readonly format: WeightsFormat;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly StoredTensor[];
}

/** An open file of weights: its header has been read, and tensors are read when they are asked for. */
export class WeightsFile {
  readonly format: WeightsFormat;
  /** Text in the file besides tensors: the metadata of safetensors, the plain values of a PyTorch checkpoint. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the file contains, in its order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly #source: ByteSource;

  /** @internal */
  constructor(source: ByteSource, { format, metadata, tensors }: Content) {
    this.#source = source;
    this.format = format;
    this.metadata = metadata;
    const found = new Map<string, StoredTensor>();
    for (const t of tensors) {
      if (found.has(t.name)) throw new FileError(expected(source.name, 'every name once', `${textOf(t.name)} twice`));
      found.set(t.name, t);
    }
    this.tensors = found;
  }

  /** Size of the file in bytes. */
  get size(): number {
    return this.#source.size;
  }

  /**
   * Reads one tensor, and nothing else. Floats become float32, and integers become int32 if they fit; uint8 and bool
   * stay what they are.
   * @throws FileError if there is no such tensor, or if its data are damaged or fit no dtype.
   */
  async read(name: string, options: ReadOptions = {}): Promise<Tensor> {
    return this.#stored(name).read(options);
  }

  /**
   * Reads one tensor as the file stores it, row-major and little-endian.
   * @throws FileError if there is no such tensor, or if its data are damaged.
   */
  async readRaw(name: string): Promise<RawTensor> {
    return this.#stored(name).readRaw();
  }

  /** Closes the file. Tensors that have not been read cannot be read any more. */
  async close(): Promise<void> {
    await this.#source.close();
  }

  /** Closes the file at the end of a block with `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #stored(name: string): StoredTensor {
    expectText('read', 'the name of a tensor', name);
    const t = this.tensors.get(name);
    if (!t)
      throw new FileError(expected(this.#source.name, `a tensor ${textOf(name)}`, textOf([...this.tensors.keys()])));
    return t;
  }
}

/**
 * Opens a file and reads its header; the format is that of its content.
 * @throws FileError for a file that cannot be read, is damaged, or has another format.
 */
export async function openWeights(file: string | Uint8Array | ArrayBuffer): Promise<WeightsFile> {
  const source = await openSource('openWeights', file);
  try {
    return new WeightsFile(source, await contentOf(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function contentOf(source: ByteSource): Promise<Content> {
  const { name } = source;
  const start = await source.read(0, Math.min(16, source.size));
  if (isZip(start)) {
    const zip = await ZipArchive.open(source);
    if (pickleOf(zip) !== undefined) return torchContent(source, await torchOf(source, zip));
    const odd = [...zip.entries.keys()].find((entry) => !entry.endsWith('.npy'));
    const wanted = 'data.pkl of PyTorch or arrays of NumPy in the zip file';
    if (odd !== undefined) throw new FileError(expected(name, wanted, textOf(odd)));
    return { format: 'npz', metadata: {}, tensors: await readNpz(name, zip) };
  }
  if (isLegacy(start)) return torchContent(source, await readTorchLegacy(source));
  if (isNpy(start)) return { format: 'npy', metadata: {}, tensors: [await readNpy('tensor', source)] };
  if (start[8] === 0x7b) return safetensorsContent(source);
  const wanted = 'safetensors, a checkpoint of PyTorch, .npz or .npy';
  throw new FileError(expected(name, wanted, `${source.size} bytes that begin with ${textOf(Array.from(start))}`));
}

/**
 * Reads the object of a checkpoint of PyTorch.
 * @throws FileError for a file that is damaged, has another format or contains anything but tensors and plain data.
 */
export async function readTorch(source: ByteSource): Promise<TorchContent> {
  const start = await source.read(0, Math.min(16, source.size));
  if (isLegacy(start)) return readTorchLegacy(source);
  return torchOf(source, await ZipArchive.open(source));
}

async function torchOf(source: ByteSource, zip: ZipArchive): Promise<TorchContent> {
  const pickle = pickleOf(zip);
  if (pickle === undefined) throw new FileError(expected(source.name, 'data.pkl in an archive of torch.save', 'none'));
  return readTorchZip(source.name, zip, pickle);
}

function torchContent(source: ByteSource, content: TorchContent): Content {
  const { stored, values } = listTorch(source, content);
  return { format: 'pytorch', metadata: values, tensors: stored };
}

async function safetensorsContent(source: ByteSource): Promise<Content> {
  const length = headerLength(source.name, await source.read(0, 8), source.size);
  const { entries, metadata } = parseHeader(source.name, await source.read(8, length), source.size);
  const open = async (): Promise<ByteSource> => source;
  return { format: 'safetensors', metadata, tensors: entries.map((entry) => new StoredTensor({ ...entry, open })) };
}

/** True for the start of a zip file, which may be empty. */
function isZip(start: Uint8Array): boolean {
  const [p, k, a, b] = start;
  return p === 0x50 && k === 0x4b && ((a === 3 && b === 4) || (a === 5 && b === 6));
}
