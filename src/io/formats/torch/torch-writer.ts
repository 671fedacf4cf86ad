import { expected, ValueError } from '../../../errors.js';
import { numel, stridesOf } from '../../../tensor/shape.js';
import { Tensor } from '../../../tensor/tensor.js';
import { type FileDtype, fileDtypes } from '../../file-dtypes.js';
import { contentOf, type Storable } from '../../storable.js';
import { type StoredAs, storedDtype } from '../../stored-as.js';
import type { ZipContent } from '../zip/zip-output.js';
import { PickleWriter } from './pickle-writer.js';
import { storageDtypes } from './torch-objects.js';

/** Maximum nesting of containers, as in readers. */
const maxDepth = 500;

const storageNames = new Map(Object.entries(storageDtypes).map(([name, dtype]) => [dtype as FileDtype, name]));

/** A storage to write: its key, its tensor, and the place where the tensor is found first. */
interface Saved {
  readonly key: number;
  readonly t: Storable;
  readonly path: string;
}

/**
 * Prepares the entries of an archive of torch.save for an object: a pickle, and an entry for each tensor. Tensors that
 * share memory are written once.
 * @throws ValueError for what PyTorch has no equivalent of: functions, symbols, class instances, cycles.
 */
export async function torchContents(op: string, root: unknown, wanted: StoredAs | undefined): Promise<ZipContent[]> {
  const pickle = new PickleWriter(op);
  const storages = new Map<unknown, Saved>();
  const writer = new ObjectWriter(op, pickle, wanted, storages);
  writer.value(root, [], []);
  const text = (name: string, content: string) => entry(name, new TextEncoder().encode(content));
  const contents = [entry('archive/data.pkl', pickle.finish()), text('archive/byteorder', 'little')];
  for (const { key, t, path } of storages.values()) {
    const content = await contentOf(`${op}: '${path}'`, t, wanted);
    const size = numel(content.shape) * fileDtypes[content.dtype].bytes;
    contents.push({ name: `archive/data/${key}`, size, pieces: () => content.pieces() });
  }
  return [...contents, text('archive/version', '3\n')];
}

function entry(name: string, bytes: Uint8Array): ZipContent {
  return { name, size: bytes.length, pieces: () => [bytes] };
}

/** Writes objects to a pickle, and collects the tensors in them. */
class ObjectWriter {
  readonly #op: string;
  readonly #pickle: PickleWriter;
  readonly #wanted: StoredAs | undefined;
  readonly #storages: Map<unknown, Saved>;

  constructor(op: string, pickle: PickleWriter, wanted: StoredAs | undefined, storages: Map<unknown, Saved>) {
    this.#op = op;
    this.#pickle = pickle;
    this.#wanted = wanted;
    this.#storages = storages;
  }

  /** Writes a value; `path` leads to it, through the containers `above`. */
  value(value: unknown, path: readonly unknown[], above: readonly unknown[]): void {
    const pickle = this.#pickle;
    if (value === null || value === undefined) pickle.none();
    else if (typeof value === 'boolean') pickle.flag(value);
    else if (typeof value === 'number') pickle.number(value);
    else if (typeof value === 'bigint') pickle.integer(value);
    else if (typeof value === 'string') pickle.text(value);
    else if (value instanceof Uint8Array) pickle.bytes(value);
    else if (isStorable(value)) this.#tensor(value, path);
    else this.#container(value, path, above);
  }

  #container(value: unknown, path: readonly unknown[], above: readonly unknown[]): void {
    const place = path.length > 0 ? ` at ${path.map(String).join('.')}` : '';
    if (above.includes(value)) throw new ValueError(expected(this.#op, 'data without cycles', `one${place}`));
    if (above.length === maxDepth) throw new ValueError(expected(this.#op, `at most ${maxDepth} levels`, 'more'));
    const inside = [...above, value];
    const items = (list: Iterable<unknown>) => () => {
      let i = 0;
      for (const item of list) this.value(item, [...path, i++], inside);
    };
    const pairs = (list: Iterable<readonly [unknown, unknown]>) => () => {
      for (const [key, item] of list) {
        this.value(key, [...path, 'key'], inside);
        this.value(item, [...path, key], inside);
      }
    };
    const pickle = this.#pickle;
    const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
    if (Array.isArray(value)) pickle.list(items(value));
    else if (value instanceof Map) pickle.dict(pairs(value));
    else if (value instanceof Set) pickle.call('__builtin__', 'set', () => pickle.list(items(value)));
    else if (prototype === Object.prototype || prototype === null) pickle.dict(pairs(Object.entries(value as object)));
    else {
      const kind = typeof value === 'object' ? value?.constructor?.name : typeof value;
      throw new ValueError(expected(this.#op, `tensors and plain data${place}`, `${kind}`));
    }
  }

  #tensor(t: Storable, path: readonly unknown[]): void {
    const pickle = this.#pickle;
    const identity = t instanceof Tensor ? t.storage : t;
    const fresh = { key: this.#storages.size, t, path: path.map(String).join('.') };
    const { key } = this.#storages.get(identity) ?? fresh;
    if (key === fresh.key) this.#storages.set(identity, fresh);
    const dtype = t instanceof Tensor ? storedDtype(t.dtype, this.#wanted) : t.dtype;
    const { shape } = t;
    const typed = storageNames.get(dtype);
    const numbers = (list: readonly number[]): void => {
      pickle.tuple(() => {
        for (const n of list) pickle.number(n);
      });
    };
    pickle.call('torch._utils', typed ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3', () => {
      pickle.persistent(() => {
        pickle.text('storage');
        pickle.global(typed ? 'torch' : 'torch.storage', typed ?? 'UntypedStorage');
        pickle.text(String(key));
        pickle.text('cpu');
        pickle.number(numel(shape) * (typed ? 1 : fileDtypes[dtype].bytes));
      });
      pickle.number(0);
      numbers(shape);
      numbers(stridesOf(shape));
      pickle.flag(false);
      pickle.call('collections', 'OrderedDict', () => {});
      if (!typed) pickle.global('torch', dtype);
    });
  }
}

function isStorable(value: unknown): value is Storable {
  if (value instanceof Tensor) return true;
  const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
  return typeof dtype === 'string' && Object.hasOwn(fileDtypes, dtype) && Array.isArray(shape);
}
