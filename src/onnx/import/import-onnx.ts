import { expected, FileError, textOf } from '../../errors.js';
import { optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { decode } from '../proto/decode.js';
import { modelMessage } from '../proto/schema.js';
import { planGraph } from './graph-plan.js';
import { OnnxModule } from './onnx-module.js';

/** Options of `importOnnx`. */
export interface ImportOnnxOptions {
  /** The device of the parameters and buffers. Default: the current one. */
  readonly device?: string;
}

const table = { device: optional(text()) } satisfies OptionTable<ImportOnnxOptions>;

/**
 * Reads an ONNX file, given as a path (Node only) or bytes, as a module that can be run and trained. Files are not
 * trusted: sizes, names, attributes and the order of nodes are checked before any tensor is made.
 * @throws FileError that names the place in the file, for one that is damaged, for tensors in other files, and for
 * operators that are not supported, all of which the message lists.
 * @example
 * const model = await importOnnx('resnet.onnx');
 * const logits = model.eval().forward(images);
 */
export async function importOnnx(
  file: string | Uint8Array | ArrayBuffer,
  options?: ImportOnnxOptions,
): Promise<OnnxModule> {
  const { device } = resolveOptions('importOnnx', table, options);
  const name = typeof file === 'string' ? file : 'bytes';
  return new OnnxModule(planGraph(name, decode(name, modelMessage, await bytesOf(file))), device);
}

async function bytesOf(file: string | Uint8Array | ArrayBuffer): Promise<Uint8Array> {
  if (file instanceof ArrayBuffer) return new Uint8Array(file);
  if (file instanceof Uint8Array) return file;
  if (typeof file !== 'string') throw new FileError(expected('importOnnx', 'a path or bytes', textOf(file)));
  const { fileSource } = await import('../../io/node/files.js');
  const source = await fileSource(file);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
