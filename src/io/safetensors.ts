import { expectText } from '../tensor/expect.js';
import { type Option, optional, text } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import type { Tensor } from '../tensor/tensor.js';
import { joined } from './byte-source.js';
import { writeAtomically } from './local-files.js';
import type { NamedTensors } from './storable.js';
import { type StoredAs, storedAs } from './stored-as.js';

// loaded when first used, because few programs use files at their start
const files = async () => ({ ...(await import('./tensor-file.js')), ...(await import('./storable.js')) });

/** Options of saveSafetensors and encodeSafetensors. */
export interface SafetensorsOptions {
  /** Text to store in the header's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * The element type to store tensors as, such as 'float16' or 'bfloat16' for those of float32, or an object like
   * `{ float32: 'float16', int32: 'int64' }`. Default: their dtypes.
   */
  readonly dtype?: StoredAs;
}

/** Options of loadSafetensors. */
export interface LoadSafetensorsOptions {
  /** The device of the tensors. Default: the current one. */
  readonly device?: string;
}

const metadata: Option<Readonly<Record<string, string>>> = {
  initial: {},
  wanted: 'to be an object of strings',
  accepts: (x) => typeof x === 'object' && x !== null && Object.values(x).every((value) => typeof value === 'string'),
};
const saveTable: OptionTable<SafetensorsOptions> = { metadata, dtype: storedAs };
const loadTable = { device: optional(text()) } satisfies OptionTable<LoadSafetensorsOptions>;

/** Tensors by name, in the order of the file, and the file's metadata. Accepted wherever a state dict is. */
export class SafetensorsMap extends Map<string, Tensor> {
  readonly metadata: Readonly<Record<string, string>>;

  constructor(entries: Iterable<readonly [string, Tensor]>, metadata: Readonly<Record<string, string>>) {
    super(entries);
    this.metadata = metadata;
  }
}

/**
 * Writes tensors to a file in the safetensors format, atomically: an existing file stays intact until the new one is
 * complete. The values are those at the time of the call; only conversions to another element type go on in pieces while
 * the file is written. Raw tensors and tensors of a file that openWeights opened keep their element type; the latter are
 * read in pieces. Node only; see encodeSafetensors for browsers.
 * @throws ValueError for values that are not tensors, numbers that `dtype` cannot represent (floats are rounded),
 * unknown options or metadata that are not strings; FileError if writing fails.
 * @example
 * await saveSafetensors('model.safetensors', model.stateDict(), { dtype: 'bfloat16' });
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  options: SafetensorsOptions = {},
): Promise<void> {
  expectText('saveSafetensors', 'a path', path);
  await writeAtomically(path, await chunksOf('saveSafetensors', tensors, options));
}

/**
 * Returns the bytes that saveSafetensors would write.
 * @throws ValueError as saveSafetensors does.
 */
export async function encodeSafetensors(tensors: NamedTensors, options: SafetensorsOptions = {}): Promise<Uint8Array> {
  return joined(await chunksOf('encodeSafetensors', tensors, options));
}

/**
 * Reads a safetensors file, given as a path (Node only) or bytes, onto `device` (default: the current one). Files are
 * not trusted: header, offsets, sizes, dtypes and names are checked before any tensor is made. Floats become float32 (F64
 * is rounded, smaller ones are exact), and integers become int32 if they fit; U8 and BOOL stay uint8 and bool.
 * @throws FileError with the file, the expected and the actual content in the message.
 * @example
 * model.loadStateDict(await loadSafetensors('model.safetensors'));
 */
export async function loadSafetensors(
  file: string | Uint8Array | ArrayBuffer,
  options: LoadSafetensorsOptions = {},
): Promise<SafetensorsMap> {
  const { device } = resolveOptions('loadSafetensors', loadTable, options);
  const { readTensorFile, toDevice } = await files();
  const { tensors, metadata } = await readTensorFile('loadSafetensors', file);
  return new SafetensorsMap(
    tensors.map((t) => [t.name, toDevice('loadSafetensors', t, device)]),
    metadata,
  );
}

async function chunksOf(op: string, tensors: NamedTensors, options: SafetensorsOptions) {
  const { metadata = {}, dtype } = resolveOptions(op, saveTable, options);
  const { chunksOfFile, outgoing } = await files();
  return chunksOfFile(op, await outgoing(op, tensors, dtype), metadata);
}
