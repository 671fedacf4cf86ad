import { expected, FileError } from '../../errors.js';
import { optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { openSource } from '../open-source.js';
import type { ReadOptions } from './stored-tensor.js';
import { sizeCheck, storedTensor } from './torch/torch-file.js';
import type { TorchTensor } from './torch/torch-objects.js';
import { replaceTensors } from './torch/torch-tree.js';
import { openWeights, readTorch, type WeightsFormat } from './weights-file.js';

/** Options of loadWeights. */
export interface LoadWeightsOptions extends ReadOptions {
  /**
   * Loads only the tensors whose names begin with this and a dot, without both: 'state_dict' for a checkpoint
   * `{ 'state_dict': model.state_dict(), 'epoch': 3 }` of PyTorch.
   */
  readonly part?: string;
}

/** An object of a PyTorch checkpoint. Lists stand for tuples and `torch.Size` too, Maps for dictionaries. */
export type TorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tensor
  | TorchValue[]
  | Map<TorchValue, TorchValue>
  | Set<TorchValue>;

/** Tensors by name, in the order of the file, with its format and metadata. Accepted wherever a state dict is. */
export class WeightsMap extends Map<string, Tensor> {
  readonly format: WeightsFormat;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(format: WeightsFormat, metadata: Readonly<Record<string, string>>) {
    super();
    this.format = format;
    this.metadata = metadata;
  }
}

const device = optional(text());
const loadTable = { device, part: optional(text()) } satisfies OptionTable<LoadWeightsOptions>;
const readTable = { device } satisfies OptionTable<ReadOptions>;

/** `loadWeights` of weights.ts. */
export async function loadWeights(
  file: string | Uint8Array | ArrayBuffer,
  options: LoadWeightsOptions = {},
): Promise<WeightsMap> {
  const { device, part } = resolveOptions('loadWeights', loadTable, options);
  const open = await openWeights(file);
  try {
    const prefix = part === undefined ? '' : `${part}.`;
    const names = [...open.tensors.keys()].filter((name) => name.startsWith(prefix));
    if (part !== undefined && names.length === 0) {
      const first = [...new Set(Array.from(open.tensors.keys(), (name) => name.split('.')[0]))].slice(0, 10);
      throw new FileError(
        expected('loadWeights', `tensors whose names begin with '${prefix}'`, `parts ${first.join(', ')}`),
      );
    }
    const result = new WeightsMap(open.format, open.metadata);
    for (const name of names) result.set(name.slice(prefix.length), await open.read(name, { device }));
    return result;
  } finally {
    await open.close();
  }
}

/** `loadTorch` of weights.ts. */
export async function loadTorch(
  file: string | Uint8Array | ArrayBuffer,
  options: ReadOptions = {},
): Promise<TorchValue> {
  const { device } = resolveOptions('loadTorch', readTable, options);
  const source = await openSource('loadTorch', file);
  try {
    const content = await readTorch(source);
    const check = sizeCheck(source);
    const made = (t: TorchTensor, name: string): Promise<Tensor> => {
      check(t);
      return storedTensor(name, t, content).read({ device });
    };
    return (await replaceTensors(source.name, content.root, made)) as TorchValue;
  } finally {
    await source.close();
  }
}

/** `loadNpy` of weights.ts. */
export async function loadNpy(file: string | Uint8Array | ArrayBuffer, options: ReadOptions = {}): Promise<Tensor> {
  const { device } = resolveOptions('loadNpy', readTable, options);
  const open = await openWeights(file);
  try {
    if (open.format !== 'npy') throw new FileError(expected('loadNpy', 'a .npy file', open.format));
    return await open.read('tensor', { device });
  } finally {
    await open.close();
  }
}
