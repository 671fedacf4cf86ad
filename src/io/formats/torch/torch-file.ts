import { expected, FileError } from '../../../errors.js';
import { numel } from '../../../tensor/shape.js';
import type { ByteSource } from '../../byte-source.js';
import { fileDtypes } from '../../file-dtypes.js';
import { StoredTensor } from '../stored-tensor.js';
import type { TorchContent } from './torch-content.js';
import type { TorchTensor } from './torch-objects.js';
import { flatten } from './torch-tree.js';

/**
 * Views may be larger than what a file stores, because elements can be repeated and storages shared; all together at
 * most by this factor.
 */
const mostExpansion = 100;
const freeExpansion = 2 ** 20;

/**
 * Lists the tensors of a checkpoint by the keys that lead to them, and its other values as text.
 * @throws FileError for views that are much larger than the file, and for containers that are nested too deeply.
 */
export function listTorch(
  source: ByteSource,
  content: TorchContent,
): { readonly stored: StoredTensor[]; readonly values: Readonly<Record<string, string>> } {
  const { tensors, values } = flatten(source.name, content.root, content.pickleLength);
  const sizes = sizeCheck(source);
  const stored = tensors.map(([name, t]) => {
    sizes(t);
    return storedTensor(name, t, content);
  });
  return { stored, values };
}

/** A tensor of a checkpoint by its name. */
export function storedTensor(name: string, t: TorchTensor, { open, bigEndian }: TorchContent): StoredTensor {
  const { dtype, shape, strides, storage } = t;
  const start = t.offset * fileDtypes[dtype].bytes;
  return new StoredTensor({ name, dtype, shape, strides, start, bigEndian, open: () => open(storage) });
}

/**
 * Returns a function that adds up the sizes that tensors have when they do not share memory any more.
 * @throws FileError, by that function, if their sum is far from the size of the file.
 */
export function sizeCheck(source: ByteSource): (t: TorchTensor) => void {
  const most = mostExpansion * source.size + freeExpansion;
  let size = 0;
  return ({ shape, dtype }) => {
    size += numel(shape) * fileDtypes[dtype].bytes;
    if (!(size <= most)) throw new FileError(expected(source.name, `at most ${most} bytes of tensors`, `${size}`));
  };
}
