import { expectObject, expectText } from '../tensor/expect.js';
import { type Option, optional, text } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import type { Tensor } from '../tensor/tensor.js';
import { writeAtomically } from './local-files.js';
import { chunksOfFile, readTensorFile, type TensorFile, toDevice, toHost } from './tensor-file.js';

/** Named tensors, such as a state dict, as a Map or a plain object. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Options of saveSafetensors and encodeSafetensors. */
export interface SafetensorsOptions {
  /** Text to store in the header's `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
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
const saveTable: OptionTable<Required<SafetensorsOptions>> = { metadata };
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
 * Writes tensors (float32, int32, uint8, bool) to a file in the safetensors format, atomically: an existing file stays
 * intact until the new one is complete. Node only; see encodeSafetensors for browsers.
 * @throws ValueError for values that are not tensors, unknown options or metadata that are not strings; FileError if
 * writing fails.
 * @example
 * await saveSafetensors('model.safetensors', model.stateDict());
 */
export async function saveSafetensors(
  path: string,
  tensors: NamedTensors,
  options: SafetensorsOptions = {},
): Promise<void> {
  expectText('saveSafetensors', 'a path', path);
  await writeAtomically(path, chunksOfFile('saveSafetensors', await gather('saveSafetensors', tensors, options)));
}

/**
 * Returns the bytes that saveSafetensors would write.
 * @throws ValueError as saveSafetensors does.
 */
export async function encodeSafetensors(tensors: NamedTensors, options: SafetensorsOptions = {}): Promise<Uint8Array> {
  return joined([...chunksOfFile('encodeSafetensors', await gather('encodeSafetensors', tensors, options))]);
}

/**
 * Reads a safetensors file, given as a path (Node only) or bytes, onto `device` (default: the current one). Files are
 * not trusted: header, offsets, sizes, dtypes and names are checked before any tensor is made. F16 and BF16 are widened
 * to float32, F64 is rounded to float32, and integers become int32 if they fit.
 * @throws FileError with the file, the expected and the actual content in the message.
 * @example
 * model.loadStateDict(await loadSafetensors('model.safetensors'));
 */
export async function loadSafetensors(
  file: string | Uint8Array | ArrayBuffer,
  options: LoadSafetensorsOptions = {},
): Promise<SafetensorsMap> {
  const { device } = resolveOptions('loadSafetensors', loadTable, options);
  const { tensors, metadata } = await readTensorFile('loadSafetensors', file);
  return new SafetensorsMap(
    tensors.map((t) => [t.name, toDevice('loadSafetensors', t, device)]),
    metadata,
  );
}

async function gather(op: string, tensors: NamedTensors, options: SafetensorsOptions): Promise<TensorFile> {
  const { metadata } = resolveOptions(op, saveTable, options);
  expectObject(op, 'a Map or an object of tensors by name', tensors);
  const named = tensors instanceof Map ? tensors : Object.entries(tensors);
  return { tensors: await toHost(op, named as Iterable<[string, Tensor]>), metadata };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
