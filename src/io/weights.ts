import { expectText } from '../tensor/expect.js';
import type { Tensor } from '../tensor/tensor.js';
import { joined } from './byte-source.js';
import type { LoadWeightsOptions, TorchValue, WeightsMap } from './formats/load.js';
import type { NpzOptions, SaveOptions } from './formats/save.js';
import type { ReadOptions } from './formats/stored-tensor.js';
import type { WeightsFile } from './formats/weights-file.js';
import { writeAtomically } from './local-files.js';
import type { NamedTensors, Storable } from './storable.js';

/** Loaded when first used: most programs need safetensors alone. */
const formats = () => import('./formats/formats.js');

/**
 * Reads tensors by name from a path (Node only) or bytes, whatever the format: safetensors, a PyTorch checkpoint, .npz or
 * .npy, by the content and not by the name of the file. In a checkpoint with nested containers, names are keys joined by
 * dots. Floats become float32, and integers become int32 if they fit; uint8 and bool stay what they are. Files are not
 * trusted: loading runs no code of theirs. PyTorch checkpoints and .npz need the package `@zip.js/zip.js`.
 * @throws FileError with the file, the expected and the actual content in the message; ValueError for unknown options.
 * @example
 * model.loadStateDict(await loadWeights('resnet18.pth'));
 * model.loadStateDict(await loadWeights('checkpoint.pt', { part: 'state_dict' }));
 */
export async function loadWeights(
  file: string | Uint8Array | ArrayBuffer,
  options: LoadWeightsOptions = {},
): Promise<WeightsMap> {
  return (await formats()).loadWeights(file, options);
}

/**
 * Opens a file as loadWeights does, but reads only its header: names, element types, shapes and metadata. Tensors are
 * read one by one when they are asked for, also as raw arrays of their element type. Close the file in the end.
 * @throws FileError as loadWeights does.
 * @example
 * await using file = await openWeights('large.safetensors');
 * const w = await file.read('layers.0.weight');
 */
export async function openWeights(file: string | Uint8Array | ArrayBuffer): Promise<WeightsFile> {
  return (await formats()).openWeights(file);
}

/**
 * Reads the object in a PyTorch checkpoint, a file of torch.save, from a path (Node only) or bytes: tensors, containers
 * and plain values. Dictionaries become Maps, tuples and `torch.Size` lists, dtypes and devices text. Anything else,
 * which could run code, is refused by its name. Tensors that share memory become tensors of their own.
 * @throws FileError with the file, the expected and the actual content in the message; ValueError for unknown options.
 * @example
 * const checkpoint = await loadTorch('checkpoint.pt') as Map<string, never>;
 * model.loadStateDict(checkpoint.get('state_dict'));
 */
export async function loadTorch(
  file: string | Uint8Array | ArrayBuffer,
  options: ReadOptions = {},
): Promise<TorchValue> {
  return (await formats()).loadTorch(file, options);
}

/**
 * Writes an object to a file that torch.load reads, atomically: tensors, lists, Maps, plain objects (both become
 * dictionaries), Sets, text, bytes, numbers (integers become int), flags and null. Node only; see encodeTorch for
 * browsers. Needs the package `@zip.js/zip.js`.
 * @throws ValueError for other values, cycles, numbers that `dtype` cannot represent and unknown options; FileError if
 * writing fails.
 * @example
 * await saveTorch('checkpoint.pt', { state_dict: model.stateDict(), epoch: 3 }, { dtype: { int32: 'int64' } });
 */
export async function saveTorch(path: string, value: unknown, options: SaveOptions = {}): Promise<void> {
  expectText('saveTorch', 'a path', path);
  await writeAtomically(path, await (await formats()).torchChunks('saveTorch', value, options));
}

/**
 * Returns the bytes that saveTorch would write.
 * @throws ValueError as saveTorch does; FileError if the package `@zip.js/zip.js` is missing.
 */
export async function encodeTorch(value: unknown, options: SaveOptions = {}): Promise<Uint8Array> {
  return joined(await (await formats()).torchChunks('encodeTorch', value, options));
}

/**
 * Writes tensors to a .npz file, atomically: one array of NumPy for each name. Node only; see encodeNpz for browsers.
 * Needs the package `@zip.js/zip.js`.
 * @throws ValueError for values that are not tensors, numbers that `dtype` cannot represent, element types that NumPy
 * lacks and unknown options; FileError if writing fails.
 * @example
 * await saveNpz('weights.npz', model.stateDict());
 */
export async function saveNpz(path: string, tensors: NamedTensors, options: NpzOptions = {}): Promise<void> {
  expectText('saveNpz', 'a path', path);
  await writeAtomically(path, await (await formats()).npzChunks('saveNpz', tensors, options));
}

/**
 * Returns the bytes that saveNpz would write.
 * @throws ValueError as saveNpz does; FileError if the package `@zip.js/zip.js` is missing.
 */
export async function encodeNpz(tensors: NamedTensors, options: NpzOptions = {}): Promise<Uint8Array> {
  return joined(await (await formats()).npzChunks('encodeNpz', tensors, options));
}

/**
 * Reads the tensor in a .npy file, from a path (Node only) or bytes.
 * @throws FileError with the file, the expected and the actual content in the message; ValueError for unknown options.
 */
export async function loadNpy(file: string | Uint8Array | ArrayBuffer, options: ReadOptions = {}): Promise<Tensor> {
  return (await formats()).loadNpy(file, options);
}

/**
 * Writes a tensor to a .npy file, atomically. Node only; see encodeNpy for browsers.
 * @throws ValueError for anything but a tensor, numbers that `dtype` cannot represent, an element type that NumPy lacks
 * and unknown options; FileError if writing fails.
 */
export async function saveNpy(path: string, t: Storable, options: SaveOptions = {}): Promise<void> {
  expectText('saveNpy', 'a path', path);
  await writeAtomically(path, await (await formats()).npyChunks('saveNpy', t, options));
}

/**
 * Returns the bytes that saveNpy would write.
 * @throws ValueError as saveNpy does.
 */
export async function encodeNpy(t: Storable, options: SaveOptions = {}): Promise<Uint8Array> {
  return joined(await (await formats()).npyChunks('encodeNpy', t, options));
}
