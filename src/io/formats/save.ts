import { expected, ValueError } from '../../errors.js';
import { flag } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { numel } from '../../tensor/shape.js';
import { fileDtypes } from '../file-dtypes.js';
import { contentOf, type NamedTensors, outgoing, type Storable, type TensorSource } from '../storable.js';
import { type StoredAs, storedAs } from '../stored-as.js';
import { npyHeader } from './numpy/npy-header.js';
import { torchContents } from './torch/torch-writer.js';
import { type ZipContent, zipChunks } from './zip/zip-output.js';

/** Options of functions that write tensors. */
export interface SaveOptions {
  /**
   * The element type to store tensors as, such as 'float16' for those of float32, or an object like `{ float32:
   * 'float16', int32: 'int64' }`. Default: their dtypes.
   */
  readonly dtype?: StoredAs;
}

/** Options of saveNpz and encodeNpz. */
export interface NpzOptions extends SaveOptions {
  /** Deflates the arrays, as numpy.savez_compressed does. Default false. */
  readonly compress?: boolean;
}

const saveTable: OptionTable<SaveOptions> = { dtype: storedAs };
const npzTable: OptionTable<NpzOptions> = { dtype: storedAs, compress: flag(false) };

/** The chunks of a file. */
export type Chunks = AsyncIterable<Uint8Array>;

/**
 * Returns the chunks of a PyTorch checkpoint.
 * @throws ValueError for data that PyTorch has no equivalent of.
 */
export async function torchChunks(op: string, value: unknown, options: SaveOptions): Promise<Chunks> {
  const { dtype } = resolveOptions(op, saveTable, options);
  return zipChunks(op, await torchContents(op, value, dtype), false);
}

/**
 * Returns the chunks of a .npz file.
 * @throws ValueError for values that are not tensors and for element types that NumPy lacks.
 */
export async function npzChunks(op: string, tensors: NamedTensors, options: NpzOptions): Promise<Chunks> {
  const { dtype, compress = false } = resolveOptions(op, npzTable, options);
  const contents = (await outgoing(op, tensors, dtype)).map(({ name, ...t }): ZipContent => {
    const header = headerOf(`${op}: '${name}'`, t);
    const size = header.length + numel(t.shape) * fileDtypes[t.dtype].bytes;
    return { name: `${name}.npy`, size, pieces: () => npyPieces(header, t) };
  });
  return zipChunks(op, contents, compress);
}

/**
 * Returns the chunks of a .npy file.
 * @throws ValueError for anything but a tensor and for an element type that NumPy lacks.
 */
export async function npyChunks(op: string, t: Storable, options: SaveOptions): Promise<Chunks> {
  const content = await contentOf(op, t, resolveOptions(op, saveTable, options).dtype);
  return npyPieces(headerOf(op, content), content);
}

function headerOf(where: string, { dtype, shape }: TensorSource): Uint8Array {
  const header = npyHeader(dtype, shape);
  if (!header) throw new ValueError(expected(where, 'an element type of NumPy', dtype));
  return header;
}

async function* npyPieces(header: Uint8Array, t: TensorSource): AsyncGenerator<Uint8Array> {
  yield header;
  yield* t.pieces();
}
