import { expected, FileError } from '../../../errors.js';
import { numel } from '../../../tensor/shape.js';
import { type FileDtype, fileDtypes } from '../../file-dtypes.js';
import { spanOf } from '../strided.js';
import { BadArguments, kindOf, PickleFunction } from './pickle-machine.js';

/** The class of a storage; without a dtype for storages of bytes, whose tensors have a dtype of their own. */
export class TorchStorageType {
  readonly dtype: FileDtype | null;

  constructor(dtype: FileDtype | null) {
    this.dtype = dtype;
  }
}

/** A block of elements that tensors share. */
export class TorchStorage {
  readonly key: string;
  readonly dtype: FileDtype | null;
  /** Number of elements, or of bytes without a dtype. */
  readonly count: number;

  constructor(key: string, dtype: FileDtype | null, count: number) {
    this.key = key;
    this.dtype = dtype;
    this.count = count;
  }

  get byteLength(): number {
    return this.count * (this.dtype === null ? 1 : fileDtypes[this.dtype].bytes);
  }
}

/** A view of a storage; offset and strides count elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly dtype: FileDtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    dtype: FileDtype,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Maximum number of axes of a tensor, as in PyTorch. */
const maxAxes = 64;

/** The dtypes of the classes of storages in the module torch. */
export const storageDtypes = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
} as const satisfies Readonly<Record<string, FileDtype>>;

const isNatural = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

function isShape(x: unknown): x is number[] {
  return (
    Array.isArray(x) && x.length <= maxAxes && x.every(isNatural) && Number.isSafeInteger(numel(x.map((n) => n || 1)))
  );
}

/** Makes a tensor from the arguments that PyTorch's functions take, and its dtype. */
function tensorFrom(args: readonly unknown[], dtype: unknown): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage) || !isNatural(offset) || !isShape(shape) || !isShape(strides)) {
    throw new BadArguments('a storage, an offset, a shape and strides');
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(fileDtypes, dtype)) throw new BadArguments('a dtype');
  const known = dtype as FileDtype;
  const end = (spanOf(shape, strides) + offset) * fileDtypes[known].bytes;
  if (strides.length !== shape.length || !(end <= storage.byteLength || shape.includes(0))) {
    throw new BadArguments(`a part of ${storage.byteLength} bytes`);
  }
  return new TorchTensor(storage, known, offset, shape, strides);
}

/** Refuses tensors that are stored conjugated or negated. */
function expectPlain(metadata: unknown): void {
  if (metadata instanceof Map ? metadata.size > 0 : metadata !== undefined && metadata !== null) {
    throw new BadArguments('no metadata (use resolve_conj() and resolve_neg() before saving)');
  }
}

/** The tensor of a typed storage. */
function rebuildTensor(args: readonly unknown[]): TorchTensor {
  const [storage] = args;
  expectPlain(args[6]);
  return tensorFrom(args, storage instanceof TorchStorage ? storage.dtype : null);
}

function rebuildParameter([data]: readonly unknown[]): TorchTensor {
  if (!(data instanceof TorchTensor)) throw new BadArguments('a tensor');
  return data;
}

/** A function that makes a container from a list of its items, or an empty one. */
function containerOf<T>(make: (items: readonly unknown[]) => T): PickleFunction['call'] {
  return ([items = []], spend) => {
    if (!Array.isArray(items)) throw new BadArguments('a list');
    spend(items.length);
    return make(items);
  };
}

function orderedDict(pairs: readonly unknown[]): Map<unknown, unknown> {
  if (!pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) throw new BadArguments('a list of pairs');
  return new Map(pairs as [unknown, unknown][]);
}

/** `bytes` in protocol 2: text whose characters stand for bytes. */
function encodeText([text, encoding]: readonly unknown[], spend: (cost: number) => void): Uint8Array {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1'))
    throw new BadArguments('text and latin1');
  spend(text.length);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  if (bytes.some((byte, i) => byte !== text.charCodeAt(i))) throw new BadArguments('text of latin1');
  return bytes;
}

function size([shape]: readonly unknown[]): number[] {
  if (!isShape(shape)) throw new BadArguments('a shape');
  return shape;
}

function device([type, index]: readonly unknown[]): string {
  if (typeof type !== 'string' || (index !== undefined && !isNatural(index))) throw new BadArguments('a device');
  return index === undefined ? type : `${type}:${index}`;
}

const calls: Readonly<Record<string, PickleFunction['call']>> = {
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': (args) => {
    expectPlain(args[7]);
    return tensorFrom(args, args[6]);
  },
  'torch._utils._rebuild_parameter': rebuildParameter,
  'torch._utils._rebuild_parameter_with_state': rebuildParameter,
  'torch.Size': size,
  'torch.device': device,
  'collections.OrderedDict': containerOf(orderedDict),
  '_codecs.encode': encodeText,
  '__builtin__.set': containerOf((items) => new Set(items)),
  '__builtin__.frozenset': containerOf((items) => new Set(items)),
  '__builtin__.bytearray': ([bytes = new Uint8Array()]) => {
    if (!(bytes instanceof Uint8Array)) throw new BadArguments('bytes');
    return bytes;
  },
  '__builtin__.bytes': (args) => {
    if (args.length > 0) throw new BadArguments('none');
    return new Uint8Array();
  },
};

/**
 * Returns the object that a pickle of PyTorch names.
 * @throws FileError that names it, for everything but tensors, containers and plain values.
 */
export function findTorchObject(file: string, module: string, name: string): unknown {
  const path = `${module === 'builtins' ? '__builtin__' : module}.${name}`;
  if (Object.hasOwn(calls, path)) return new PickleFunction(`${module}.${name}`, calls[path]);
  if (module === 'torch' && Object.hasOwn(storageDtypes, name)) {
    return new TorchStorageType(storageDtypes[name as keyof typeof storageDtypes]);
  }
  if ((module === 'torch' || module === 'torch.storage') && name === 'UntypedStorage')
    return new TorchStorageType(null);
  if (module === 'torch' && Object.hasOwn(fileDtypes, name)) return name;
  const got = `${module.slice(0, 100)}.${name.slice(0, 100)}, which could run code; save model.state_dict() instead`;
  throw new FileError(expected(file, 'a checkpoint of tensors, containers and plain values', got));
}

/**
 * Returns the storage that a persistent id of PyTorch describes: ('storage', class, key, device, number of elements).
 * @throws FileError for any other id.
 */
export function storageOf(file: string, id: unknown): TorchStorage {
  const [kind, type, key, , count, view = null] = Array.isArray(id) ? id : [];
  if (kind === 'storage' && type instanceof TorchStorageType && isNatural(count) && view === null) {
    const storage = new TorchStorage(String(key), type.dtype, count);
    if ((typeof key === 'string' || isNatural(key)) && Number.isSafeInteger(storage.byteLength)) return storage;
  }
  const got = Array.isArray(id) ? id.slice(0, 10).map(kindOf).join(', ') : kindOf(id);
  throw new FileError(expected(file, 'a storage with its class, key, device and size', got));
}
